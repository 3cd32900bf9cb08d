using System.Globalization;
using System.Text;
using Fleet.Grains.Reports;
using Fleet.Store;

namespace Fleet.History.Tests;

/// <summary>The line protocol written and read the slow and plain way: what the fast encoder is held against.</summary>
internal static class NaiveLine
{
    public static string Encode(Report report, RegisteredTerminal? registered)
    {
        var tags = new SortedDictionary<string, string?>(StringComparer.Ordinal)
        {
            ["serial"] = report.Serial,
            ["carrier"] = registered?.Carrier,
            ["merchant"] = registered?.Merchant,
            ["model"] = registered?.Model,
            ["site"] = registered?.Site,
        };
        var line = new StringBuilder("terminal");
        foreach (var (name, value) in tags)
            if (!string.IsNullOrEmpty(value)) line.Append($",{name}={Key(value)}");
        line.Append(' ').AppendJoin(',', Fields(report).Select(field => $"{Key(field.Name)}={Value(field.Value)}"));
        return line.Append(CultureInfo.InvariantCulture, $" {report.AtMs}\n").ToString();
    }

    public static IEnumerable<(string Name, object Value)> Fields(Report r)
    {
        (string Name, object? Value)[] fields =
        [
            ("seq", r.Seq),
            ("heartbeat_uptime", r.Heartbeat?.UptimeSeconds), ("heartbeat_interval", (long?)r.Heartbeat?.IntervalSeconds),
            ("printer_state", Name(r.Printer?.State)), ("printer_paper", r.Printer?.Paper), ("printer_lines", r.Printer?.Lines),
            ("printer_cuts", r.Printer?.Cuts), ("printer_faults", r.Printer?.Faults), ("printer_head_celsius", r.Printer?.HeadCelsius),
            ("signal_link", Name(r.Signal?.Link)), ("signal_rat", Name(r.Signal?.Rat)), ("signal_rssi", r.Signal?.RssiDbm),
            ("signal_rsrp", r.Signal?.RsrpDbm), ("signal_rsrq", r.Signal?.RsrqDb), ("signal_snr", r.Signal?.SnrDb),
            ("signal_cell", r.Signal?.Cell), ("signal_carrier", r.Signal?.Carrier), ("signal_sim", Name(r.Signal?.Sim)), ("signal_iccid", r.Signal?.Iccid),
            .. Reads("swipe", r.Reader?.Swipe), .. Reads("chip", r.Reader?.Chip), .. Reads("tap", r.Reader?.Tap),
            ("payment_approved", r.Payment?.Approved),
            .. (r.Payment?.Declined ?? []).Select(d => ($"payment_declined_{d.Code}", (object?)d.Count)),
            ("payment_receipts", r.Payment?.Receipts), ("payment_unsent", r.Payment?.Unsent), ("payment_amount", r.Payment?.Amount),
            ("payment_voids", r.Payment?.Voids), ("payment_refunds", r.Payment?.Refunds),
            ("power_source", Name(r.Power?.Source)), ("power_battery", r.Power?.Battery), ("power_volts", r.Power?.Volts),
            ("power_celsius", r.Power?.Celsius), ("power_cycles", r.Power?.Cycles), ("power_health", r.Power?.Health),
            ("system_memory_free", r.System?.MemoryFreeBytes), ("system_storage_free", r.System?.StorageFreeBytes),
            ("system_reboots", r.System?.Reboots), ("system_crashes", r.System?.Crashes), ("system_firmware", r.System?.Firmware),
            ("system_app", r.System?.App), ("system_patch", r.System?.Patch),
            ("system_errors", r.System?.Errors is { Length: > 0 } errors ? string.Join(" ", errors) : null),
            ("security_tamper", r.Security?.Tamper), ("security_password_locked", r.Security?.PasswordLocked),
            ("security_lat", r.Security?.Latitude), ("security_lon", r.Security?.Longitude),
            ("security_keys_erased", r.Security?.KeysErased), ("security_accuracy", r.Security?.AccuracyMetres),
        ];
        foreach (var (name, value) in fields)
            if (value is not null and not (double.NaN or double.PositiveInfinity or double.NegativeInfinity))
                yield return (name, value is string text ? OneLine(text) : value);
    }

    /// <summary>Reads one line back: tags, fields by name, and the time.</summary>
    public static (Dictionary<string, string> Tags, Dictionary<string, object> Fields, long AtMs) Parse(string line)
    {
        // Quotes mean something in the fields only.
        var head = Split(line.TrimEnd('\n'), ' ', quotes: false)[0];
        var parts = Split(line[(head.Length + 1)..^1], ' ');
        Assert.Equal(2, parts.Count);
        var tags = Split(head, ',', quotes: false).Skip(1).Select(tag => Pair(tag, quotes: false)).ToDictionary(p => p.Name, p => Unescape(p.Value));
        var fields = new Dictionary<string, object>();
        foreach (var (name, value) in Split(parts[0], ',').Select(field => Pair(field))) fields[name] = Read(value); // of one name twice the last counts, as in InfluxDB
        return (tags, fields, long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public static string OneLine(string text) => string.Concat(text.EnumerateRunes().Select(rune => Rune.IsControl(rune) ? " " : rune.ToString()));

    public static string OfTag(string text) => OneLine(text).Replace('\\', '/');

    private static (string, object?)[] Reads(string way, Reads? reads) =>
    [
        ($"reader_{way}_ok", reads?.Ok), ($"reader_{way}_failed", reads?.Failed),
        ($"reader_{way}_unreadable", reads?.Unreadable), ($"reader_{way}_cards", reads?.Cards),
    ];

    private static string? Name<T>(T? state) where T : struct, Enum =>
        state is not { } value ? null
        : string.Concat(value.ToString().Select((letter, i) => char.IsUpper(letter) && i > 0 ? $"_{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private static string Key(string value) =>
        OfTag(value).Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);

    private static string Value(object value) => value switch
    {
        long number => number.ToString(CultureInfo.InvariantCulture) + "i",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        bool truth => truth ? "true" : "false",
        string text => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        _ => throw new ArgumentException(value.GetType().Name),
    };

    private static object Read(string value) => value switch
    {
        ['"', ..] => Unescape(value[1..^1]),
        "true" => true,
        "false" => false,
        [.., 'i'] => long.Parse(value[..^1], CultureInfo.InvariantCulture),
        _ => double.Parse(value, CultureInfo.InvariantCulture),
    };

    private static (string Name, string Value) Pair(string text, bool quotes = true)
    {
        var parts = Split(text, '=', quotes);
        return (Unescape(parts[0]), string.Join('=', parts.Skip(1)));
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++) plain.Append(text[i] == '\\' ? text[++i] : text[i]);
        return plain.ToString();
    }

    /// <summary>Splits where the separator is neither escaped nor, where quotes count, quoted.</summary>
    private static List<string> Split(string text, char separator, bool quotes = true)
    {
        var (parts, part, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\') part.Append(text[i++]);
            else if (text[i] == '"' && quotes) quoted = !quoted;
            else if (text[i] == separator && !quoted)
            {
                parts.Add(part.ToString());
                part.Clear();
                continue;
            }
            part.Append(text[i]);
        }
        parts.Add(part.ToString());
        return parts;
    }
}
