using System.Text;
using Fleet.Grains.Terminals;
using Fleet.Store;

namespace Fleet.Host;

/// <summary>The registry as CSV (RFC 4180): a header names the columns, in any order.</summary>
internal static class RegistryCsv
{
    private static readonly string[] s_columns = ["serial", "merchant", "site", "model", "carrier", "address", "timezone", "language", "webhook", "hours", "tags", "region", "password"];
    private const int Needed = 5;

    /// <summary>In characters: rules choose by them, they are no place for notes.</summary>
    private const int MostOfTags = 200;

    /// <exception cref="FormatException">A line cannot be used; the message names it.</exception>
    public static List<(RegisteredTerminal Terminal, string? Password)> Read(IReadOnlyList<string> lines)
    {
        if (lines.Count == 0) throw new FormatException("the file is empty; its first line names the columns");
        var header = Fields(lines[0], 1);
        if (header.FirstOrDefault(h => !s_columns.Contains(h)) is { } unknown) throw new FormatException($"line 1: unknown column '{unknown}'; columns are {string.Join(", ", s_columns)}");
        if (s_columns.Take(Needed).FirstOrDefault(c => !header.Contains(c)) is { } missing) throw new FormatException($"line 1: column '{missing}' is missing");
        var terminals = new List<(RegisteredTerminal, string?)>();
        var seen = new HashSet<string>();
        for (var i = 1; i < lines.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i])) continue;
            var fields = Fields(lines[i], i + 1);
            if (fields.Count != header.Count) throw new FormatException($"line {i + 1}: {fields.Count} fields where the header has {header.Count}");
            string? Value(string column) => header.IndexOf(column) is >= 0 and var at && fields[at].Length > 0 ? fields[at] : null;
            string Needs(string column) => Value(column) ?? throw new FormatException($"line {i + 1}: {column} is empty");
            var serial = Needs("serial");
            if (!Ingest.Mqtt.Topic.IsSerial(Encoding.UTF8.GetBytes(serial))) throw new FormatException($"line {i + 1}: '{serial}' is no serial: 1 to 64 of A-Z a-z 0-9 . _ -");
            if (!seen.Add(serial)) throw new FormatException($"line {i + 1}: {serial} stands in the file already");
            if (Value("timezone") is { } zone && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) throw new FormatException($"line {i + 1}: unknown time zone '{zone}'");
            if (Value("hours") is { } hours && !OpeningHours.TryRead(hours, out _, out var wrong)) throw new FormatException($"line {i + 1}: hours {wrong}");
            if (Value("tags") is { Length: > MostOfTags }) throw new FormatException($"line {i + 1}: tags have {Value("tags")!.Length} characters; they may have {MostOfTags}");
            terminals.Add((new(serial, Needs("merchant"), Needs("site"), Needs("model"), Needs("carrier"),
                Value("address"), Value("timezone"), Value("language"), Value("webhook"), Value("hours"), Value("tags"), Value("region")), Value("password")));
        }
        return terminals;
    }

    public static string Write(IEnumerable<RegisteredTerminal> terminals)
    {
        var text = new StringBuilder().AppendJoin(',', s_columns[..^1]).Append('\n');
        foreach (var t in terminals)
            text.AppendJoin(',', new[] { t.Serial, t.Merchant, t.Site, t.Model, t.Carrier, t.Address, t.TimeZone, t.Language, t.Webhook, t.Hours, t.Tags, t.Region }.Select(Quoted)).Append('\n');
        return text.ToString();
    }

    private static string Quoted(string? field) =>
        field is null ? "" : field.AsSpan().IndexOfAny(",\"\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static List<string> Fields(string line, int number)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') { field.Append('"'); i++; }
            else if (c == '"' && (quoted || field.Length == 0)) quoted = !quoted;
            else if (c == ',' && !quoted) { fields.Add(field.ToString().Trim()); field.Clear(); }
            else field.Append(c);
        }
        if (quoted) throw new FormatException($"line {number}: a quotation mark is not closed");
        fields.Add(field.ToString().Trim());
        return fields;
    }
}
