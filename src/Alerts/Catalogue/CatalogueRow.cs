using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Alerts.Maintenance;

namespace Fleet.Alerts.Catalogue;

/// <summary>One fault of a catalogue file; reads each field, or says what is wrong with it.</summary>
internal readonly struct CatalogueRow(string path, string code, JsonObject row)
{
    public static readonly FrozenSet<string> Fields = FrozenSet.Create(
        "severity", "title", "meaning", "merchantSteps", "engineerSteps", "keepSelling", "parts", "prevention", "visit", "notifyMerchant", "task");

    public static CatalogueException UnknownField(string path, string code, string field, JsonNode? value) => new(
        $"{path}: fault '{code}' has no field '{field}' (value {CatalogueFile.Shown(value)}); fields are {string.Join(", ", Fields.Order(StringComparer.Ordinal))}");

    public Fault Read()
    {
        foreach (var (field, value) in row)
            if (!Fields.Contains(field)) throw UnknownField(path, code, field, value);
        return new()
        {
            Code = code,
            Severity = ReadSeverity(),
            Title = ReadText("title"),
            Meaning = ReadText("meaning"),
            MerchantSteps = ReadTexts("merchantSteps", mayBeEmpty: false),
            EngineerSteps = ReadTexts("engineerSteps", mayBeEmpty: false),
            KeepSelling = ReadText("keepSelling"),
            Parts = ReadTexts("parts", mayBeEmpty: true),
            Prevention = ReadText("prevention"),
            Visit = ReadVisit(),
            NotifyMerchant = ReadBool("notifyMerchant", row["notifyMerchant"]),
            Task = ReadTask(),
        };
    }

    private Severity ReadSeverity() => StringOf(row["severity"]) switch
    {
        "info" => Severity.Info,
        "warning" => Severity.Warning,
        "critical" => Severity.Critical,
        _ => throw Wrong("severity", row["severity"], "must be info, warning or critical"),
    };

    private Text ReadText(string field)
    {
        var both = Languages(field);
        return new(Line($"{field}.en", both["en"]), Line($"{field}.zh-CN", both["zh-CN"]));
    }

    private Texts ReadTexts(string field, bool mayBeEmpty)
    {
        var both = Languages(field);
        var texts = new Texts(Lines($"{field}.en", both["en"]), Lines($"{field}.zh-CN", both["zh-CN"]));
        if (!mayBeEmpty && texts.English.IsEmpty) throw Wrong($"{field}.en", both["en"], "must hold at least one text");
        if (texts.English.Length != texts.Chinese.Length)
            throw Wrong(field, both, $"has {texts.English.Length} texts in en but {texts.Chinese.Length} in zh-CN");
        return texts;
    }

    private JsonObject Languages(string field)
    {
        if (row[field] is not JsonObject both) throw Wrong(field, row[field], "must be an object of en and zh-CN");
        foreach (var (language, value) in both)
            if (language is not ("en" or "zh-CN")) throw Wrong($"{field}.{language}", value, "is in a language the catalogue does not have: en, zh-CN");
        return both;
    }

    private Visit ReadVisit()
    {
        if (row["visit"] is not JsonObject visit) throw Wrong("visit", row["visit"], "must be an object of needed and after");
        foreach (var (name, value) in visit)
            if (name is not ("needed" or "after")) throw Wrong($"visit.{name}", value, "is not one of needed and after");
        var needed = ReadBool("visit.needed", visit["needed"]);
        if (visit["after"] is not { } after)
            return needed ? throw Wrong("visit.after", null, "is required where a visit is needed, e.g. \"00:30:00\"") : new(false, TimeSpan.Zero);
        return new(needed, ReadSpan("visit.after", after));
    }

    private TaskPlan? ReadTask()
    {
        if (row["task"] is not { } given) return null;
        if (given is not JsonObject task) throw Wrong("task", given, "must be an object of name and dueAfter, and where it must recur times, within and sameHours");
        foreach (var (part, value) in task)
            if (part is not ("name" or "dueAfter" or "times" or "within" or "sameHours")) throw Wrong($"task.{part}", value, "is not one of name, dueAfter, times, within and sameHours");
        var plan = new TaskPlan(Line("task.name", task["name"]), ReadSpan("task.dueAfter", task["dueAfter"]));
        if (task["times"] is not { } times) return plan;
        if (times.GetValueKind() is not JsonValueKind.Number || !times.AsValue().TryGetValue<int>(out var count) || count is < 2 or > 100)
            throw Wrong("task.times", times, "must be a whole number from 2 to 100");
        return plan with
        {
            Times = count,
            Within = ReadSpan("task.within", task["within"]),
            SameHours = task["sameHours"] is { } sameHours && ReadBool("task.sameHours", sameHours),
        };
    }

    private TimeSpan ReadSpan(string field, JsonNode? value) =>
        TimeSpan.TryParseExact(StringOf(value), "c", CultureInfo.InvariantCulture, out var span) && span >= TimeSpan.Zero
            ? span
            : throw Wrong(field, value, "must be a time span from zero up in the form [d.]hh:mm:ss");

    private bool ReadBool(string field, JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(field, value, "must be true or false"),
    };

    private ImmutableArray<string> Lines(string field, JsonNode? value)
    {
        if (value is not JsonArray items) throw Wrong(field, value, "must be a list of texts");
        var lines = ImmutableArray.CreateBuilder<string>(items.Count);
        for (var i = 0; i < items.Count; i++) lines.Add(Line($"{field}[{i}]", items[i]));
        return lines.MoveToImmutable();
    }

    private string Line(string field, JsonNode? value) =>
        StringOf(value) is { } line && !string.IsNullOrWhiteSpace(line) ? line : throw Wrong(field, value, "must be a text that is not empty");

    private static string? StringOf(JsonNode? value) => value?.GetValueKind() is JsonValueKind.String ? value.GetValue<string>() : null;

    private CatalogueException Wrong(string field, JsonNode? value, string rule) =>
        new($"{path}: fault '{code}', field '{field}' {rule}; it is {CatalogueFile.Shown(value)}");
}
