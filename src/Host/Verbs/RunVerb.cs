using System.CommandLine;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet run</c>: the server.</summary>
internal static partial class RunVerb
{
    public static Command Create()
    {
        var verb = new Command("run", "Run the server. Settings: appsettings.json, FLEET_Section__Name, --Section:Name=value.") { TreatUnmatchedTokensAsErrors = false };
        verb.SetAction((parsed, stop) => RunAsync(parsed.UnmatchedTokens, stop));
        return verb;
    }

    private static async Task<int> RunAsync(IReadOnlyList<string> settings, CancellationToken stop)
    {
        try
        {
            await using var app = FleetServer.Build(settings);
            var journal = app.Services.GetRequiredService<Ingest.Pump.JournalNode>();
            ListenPorts.RefuseTaken(app); // before anything stands that would fall with it
            await app.RunAsync(stop);
            return journal.HasEnded ? 1 : 0; // not asked to stop: whoever watches over us starts us again
        }
        catch (Exception e) when (Explain(e) is { } message)
        {
            await Console.Error.WriteLineAsync($"fleet: {message}");
            return 2;
        }
    }

    /// <summary>What a person can mend, in a line; null for what is a bug.</summary>
    internal static string? Explain(Exception e) => e switch
    {
        SettingsException or Alerts.Catalogue.CatalogueException or Grains.Rules.RuleException => e.Message,
        OptionsValidationException invalid => string.Join("; ", invalid.Failures),
        InvalidOperationException { InnerException: FormatException or ArgumentException } => $"{e.Message} {e.InnerException!.Message}",
        InvalidOperationException when UnknownName().Match(e.Message) is { Success: true } unknown =>
            $"unknown setting {unknown.Groups["names"]} in section {unknown.Groups["section"]}",
        InvalidOperationException { InnerException: InvalidOperationException within } => Explain(within), // in an element of a list
        AggregateException several when several.InnerExceptions.Select(Explain).ToList() is var all && !all.Contains(null) => string.Join("; ", all),
        InvalidOperationException when e.Message.StartsWith("Configuration value", StringComparison.Ordinal) => e.Message, // of Logging
        IOException or InvalidDataException or UriFormatException or System.Security.Cryptography.CryptographicException => e.Message,
        _ => null,
    };

    /// <summary>What the configuration binder says of names that its options do not have.</summary>
    [GeneratedRegex(@"instance of (\w+\.)*(?<section>\w+?)(Options)?: (?<names>.+)$")]
    private static partial Regex UnknownName();
}
