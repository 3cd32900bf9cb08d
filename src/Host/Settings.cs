using System.Net;
using Fleet.Grains.Faults;

namespace Fleet.Host;

/// <summary>A setting that cannot be used; the message names it and its value.</summary>
public sealed class SettingsException(string message) : Exception(message);

/// <summary>The settings that belong to the house as a whole; each room reads its own section.</summary>
internal static class Settings
{
    private static readonly string[] s_sections =
        ["Alerts", "Bridge", "Catalogue", "Cluster", "Data", "Faults", "Http", "Influx", "Journal", "Logging", "Mqtt", "Otlp", "Rules", "Store", "Webhook"];

    /// <summary>The sections that no room binds whole, and so nobody else would find a slip in.</summary>
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Cluster"] = ["Node", "Lease", "Address", "SiloPort"],
        ["Data"] = ["Path"],
        ["Http"] = ["Urls"],
        ["Otlp"] = ["Endpoint"],
        ["Rules"] = ["Path"],
        ["Store"] = ["ConnectionString"],
    };

    static Settings() => Verbs.SpanConverter.Use();

    /// <summary>Settings from <c>appsettings.json</c> in the working folder, then <c>FLEET_Section__Name</c>, then <c>--Section:Name=value</c>.</summary>
    /// <exception cref="SettingsException">An argument or a section is unknown.</exception>
    public static void Read(ConfigurationManager configuration, IReadOnlyList<string> arguments)
    {
        configuration.Sources.Clear();
        configuration.AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true);
        configuration.AddEnvironmentVariables("FLEET_");
        foreach (var argument in arguments)
        {
            if (!argument.StartsWith("--", StringComparison.Ordinal) || !argument.Contains(':', StringComparison.Ordinal) || !argument.Contains('=', StringComparison.Ordinal))
                throw new SettingsException($"'{argument}' is no setting; settings are written --Section:Name=value");
        }
        configuration.AddCommandLine([.. arguments]);
        foreach (var section in configuration.GetChildren())
        {
            if (s_names.TryGetValue(section.Key, out var names) && section.GetChildren().FirstOrDefault(c => !names.Contains(c.Key, StringComparer.OrdinalIgnoreCase)) is { } unknown)
                throw new SettingsException($"unknown setting '{section.Key}:{unknown.Key}'; {section.Key} has {string.Join(", ", names)}");
            if (!s_sections.Contains(section.Key, StringComparer.OrdinalIgnoreCase) && !IsOfOthers(section.Key))
                throw new SettingsException($"unknown setting '{section.Key}'; the sections are {string.Join(", ", s_sections)}");
        }
    }

    /// <summary>Data:Path: the folder of all that must be backed up.</summary>
    public static string DataPath(IConfiguration configuration) => Path.GetFullPath(configuration["Data:Path"] ?? "data");

    /// <summary>Store:ConnectionString: PostgreSQL; without one, SQLite in the data folder.</summary>
    public static string? ConnectionString(IConfiguration configuration) =>
        configuration["Store:ConnectionString"] is { Length: > 0 } given ? given : null;

    /// <summary>Http:Urls: where the API, the health and the metrics answer; <c>http://ADDRESS:PORT</c>, several by semicolon.</summary>
    /// <exception cref="SettingsException">One of them is no such address.</exception>
    public static IEnumerable<IPEndPoint> HttpEndPoints(IConfiguration configuration)
    {
        var urls = configuration["Http:Urls"] ?? "http://127.0.0.1:8080";
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || Address(uri.Host) is not { } address)
                throw new SettingsException($"Http:Urls has '{url}'; written is http://ADDRESS:PORT, with an IP address or localhost");
            yield return new(address, uri.Port);
        }
    }

    /// <summary>Faults:…: the thresholds of the detectors, each named as its record in src/Grains/Faults has it.</summary>
    /// <exception cref="SettingsException">One is out of its range, or contradicts another; or the file of vendors' codes is no good.</exception>
    public static FaultLimits Faults(IConfiguration configuration)
    {
        var limits = configuration.GetSection("Faults").Get<FaultLimits>(b => b.ErrorOnUnknownConfiguration = true) ?? FaultLimits.Default;
        if (configuration["Catalogue:Codes"] is { Length: > 0 } path)
            limits = limits with { ErrorCode = limits.ErrorCode with { Codes = limits.ErrorCode.Codes.With(Codes(path)) } };
        return limits.Check().ToList() is { Count: > 0 } wrong ? throw new SettingsException(string.Join("; ", wrong)) : limits;
    }

    private static ErrorCodes Codes(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return ErrorCodes.Read(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"Catalogue:Codes is '{path}', which cannot be read: {e.Message}");
        }
    }

    private static IPAddress? Address(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        "*" or "+" => IPAddress.Any,
        _ => IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address : null,
    };

    /// <summary>The house's own variables that are no settings: FLEET_SHARED and FLEET_MQTTJS of the tests, FLEET_DASHBOARDS of Grafana.</summary>
    private static bool IsOfOthers(string key) => key.ToUpperInvariant() is "SHARED" or "MQTTJS" or "DASHBOARDS";
}
