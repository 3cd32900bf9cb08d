using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fleet.Grains.Rules;

/// <summary>A rule file says something wrong; the message names the file, the rule, the field and the value.</summary>
public sealed class RuleException : Exception
{
    public RuleException() { }

    public RuleException(string message) : base(message) { }

    public RuleException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// The operator's rules: one JSON object of rules by name, each an object of <c>reading</c>, <c>raise</c>, and where wanted
/// <c>clear</c>, <c>schedule</c>, <c>where</c> and <c>fault</c> (docs/operations.md). What is loaded is whole, or loading throws.
/// </summary>
public static partial class RuleFile
{
    /// <summary>Each terminal keeps where each of its rules stands.</summary>
    public const int MostRules = 100;

    private static readonly TimeSpan s_longestHold = TimeSpan.FromDays(7);

    private static readonly JsonDocumentOptions s_form = new()
    {
        AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false,
    };

    /// <exception cref="RuleException">The file cannot be read, or says something wrong.</exception>
    public static RuleSet Load(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Read(path, JsonNode.Parse(file, documentOptions: s_form));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RuleException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <param name="path">For messages.</param>
    public static RuleSet Read(string path, JsonNode? root)
    {
        if (root is not JsonObject file) throw new RuleException($"{path}: a rule file is one JSON object of rules by name");
        if (file.Count > MostRules) throw new RuleException($"{path}: has {file.Count} rules; there may be {MostRules}");
        var rules = ImmutableArray.CreateBuilder<Rule>(file.Count);
        foreach (var (name, row) in file)
        {
            if (!RuleName().IsMatch(name)) throw new RuleException($"{path}: '{name}' is no name of a rule; written are small letters, digits and hyphens, at most 40");
            rules.Add(new RuleRow(path, name, row as JsonObject ?? throw new RuleException($"{path}: rule '{name}' must be an object, but is {Shown(row)}")).Read());
        }
        if (rules.Select(rule => rule.Hash).Distinct().Count() != rules.Count) throw new RuleException($"{path}: two names of rules have one hash; rename one");
        return new(rules.MoveToImmutable());
    }

    private static string Shown(JsonNode? value) => value?.ToJsonString() ?? "null";

    [GeneratedRegex("^[a-z0-9-]{1,40}$")]
    private static partial Regex RuleName();

    /// <summary>One rule of the file; reads each field, or says what is wrong with it.</summary>
    private readonly struct RuleRow(string path, string name, JsonObject row)
    {
        public Rule Read()
        {
            Known(row, "", "reading", "raise", "clear", "schedule", "where", "fault");
            var reading = Word(row["reading"], "reading");
            if (Readings.Named(reading) is null) throw Wrong("reading", row["reading"], $"must be one of {string.Join(", ", Readings.Names)}");
            var raise = ReadCondition(row["raise"], "raise");
            if (raise.Unusual is not null && Readings.IsWord(reading)) throw Wrong("raise.unusual", row["raise"], $"needs a reading that is a number, which {reading} is not");
            var clear = row["clear"] is { } given ? ReadCondition(given, "clear") : raise with { For = TimeSpan.Zero, IsOpposite = true };
            if (!clear.IsOpposite && (raise.Above <= clear.Below && clear.Below > raise.Above || raise.Below >= clear.Above && clear.Above < raise.Below))
                throw Wrong("clear", row["clear"], "must not hold while raise holds");
            return new(name, reading, raise, clear, ReadSchedule(row["schedule"]), ReadWhere(row["where"]), ReadFault(row["fault"]));
        }

        private Condition ReadCondition(JsonNode? value, string field)
        {
            if (value is not JsonObject condition) throw Wrong(field, value, "must be an object of above, below, is or unusual, and for");
            Known(condition, field + ".", "above", "below", "is", "unusual", "for");
            double? above = Number(condition["above"], field + ".above"), below = Number(condition["below"], field + ".below");
            var word = condition["is"] is { } given ? Word(given, field + ".is") : null;
            var unusual = Number(condition["unusual"], field + ".unusual");
            if ((above is null ? 0 : 1) + (below is null ? 0 : 1) + (word is null ? 0 : 1) + (unusual is null ? 0 : 1) != 1) throw Wrong(field, value, "must have one of above, below, is and unusual");
            if (unusual is not null && (field is "clear" || condition["for"] is not null)) throw Wrong(field, value, "cannot be unusual for a time, and nothing ends by being unusual");
            if (unusual is < 0.01 or > 5) throw Wrong(field + ".unusual", condition["unusual"], "must be from 0.01 to 5 widths of the usual range");
            return new(above, below, word, Span(condition["for"], field + ".for"), unusual);
        }

        private Schedule? ReadSchedule(JsonNode? value)
        {
            if (value is null) return null;
            if (value is not JsonObject schedule) throw Wrong("schedule", value, "must be an object of days, from and to");
            Known(schedule, "schedule.", "days", "from", "to");
            byte days = 0;
            foreach (var day in Texts(schedule["days"], "schedule.days"))
            {
                var bit = Array.IndexOf(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], day);
                if (bit < 0) throw Wrong("schedule.days", schedule["days"], "must be of mon, tue, wed, thu, fri, sat and sun");
                days |= (byte)(1 << bit);
            }
            return new(days == 0 ? (byte)0x7F : days, Time(schedule["from"], "schedule.from"), Time(schedule["to"], "schedule.to"));
        }

        private Selector ReadWhere(JsonNode? value)
        {
            if (value is null) return Selector.All;
            if (value is not JsonObject where) throw Wrong("where", value, "must be an object of model, merchant, site, tag and serial");
            Known(where, "where.", "model", "merchant", "site", "tag", "serial");
            return new(
                Texts(where["model"], "where.model"), Texts(where["merchant"], "where.merchant"), Texts(where["site"], "where.site"),
                Texts(where["tag"], "where.tag"), Texts(where["serial"], "where.serial"));
        }

        private JsonObject? ReadFault(JsonNode? value) => value is null or JsonObject ? (JsonObject?)value?.DeepClone() : throw Wrong("fault", value, "must be an object of a catalogue's fields");

        private ImmutableArray<string> Texts(JsonNode? value, string field)
        {
            if (value is null) return [];
            if (value is not JsonArray items) throw Wrong(field, value, "must be a list of texts");
            var texts = ImmutableArray.CreateBuilder<string>(items.Count);
            foreach (var item in items) texts.Add(Word(item, field));
            return texts.MoveToImmutable();
        }

        private string Word(JsonNode? value, string field) =>
            value?.GetValueKind() is JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } word ? word
            : value?.GetValueKind() is JsonValueKind.True ? "true" : value?.GetValueKind() is JsonValueKind.False ? "false"
            : throw Wrong(field, value, "must be a text");

        private double? Number(JsonNode? value, string field) => value is null ? null
            : value.GetValueKind() is JsonValueKind.Number && value.GetValue<double>() is var number && double.IsFinite(number) ? number
            : throw Wrong(field, value, "must be a number");

        private TimeSpan Span(JsonNode? value, string field) => value is null ? TimeSpan.Zero
            : TimeSpan.TryParseExact(Word(value, field), "c", CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.Zero && span <= s_longestHold ? span
            : throw Wrong(field, value, "must be a time span up to 7 days in the form [d.]hh:mm:ss");

        private TimeOnly Time(JsonNode? value, string field) => value is null ? TimeOnly.MinValue
            : TimeOnly.TryParseExact(Word(value, field), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time
            : throw Wrong(field, value, "must be a time of day in the form hh:mm");

        private void Known(JsonObject fields, string prefix, params ReadOnlySpan<string> known)
        {
            foreach (var (field, value) in fields)
                if (!known.Contains(field)) throw Wrong(prefix + field, value, $"is no field; fields are {string.Join(", ", known.ToArray())}");
        }

        private RuleException Wrong(string field, JsonNode? value, string rule) => new($"{path}: rule '{name}', field '{field}' {rule}; it is {Shown(value)}");
    }
}
