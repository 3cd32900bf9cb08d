using Fleet.Alerts.Catalogue;

namespace Fleet.Alerts.Tests;

public sealed class CatalogueTests : IDisposable
{
    /// <summary>Every code of the domain's table of faults.</summary>
    private static readonly string[] Codes =
    [
        "battery-low", "adapter-fault", "battery-worn", "no-start", "weak-signal", "sim-fault", "link-flapping", "network-cable", "offline",
        "site-outage", "carrier-outage", "reader-fault", "reader-dirty", "bad-card", "declines", "paper-low", "paper-out", "paper-jam",
        "cover-open", "print-head-fault", "board-fault", "memory-low", "storage-low", "system-fault", "error-code", "software-outdated",
        "cohort-regression", "clock-wrong", "password-locked", "tamper", "moved-or-stolen", "blocked-terminal", "sim-swapped", "receipt-mismatch", "bad-reports",
    ];

    private readonly string _override = Path.GetTempFileName();

    public void Dispose() => File.Delete(_override);

    [Fact]
    public void The_shipped_catalogue_knows_every_fault() => Assert.Equal(Codes, FaultCatalogue.Load().All.Select(f => f.Code));

    [Fact]
    public void Every_text_is_there_in_both_languages()
    {
        foreach (var fault in FaultCatalogue.Load().All)
        {
            foreach (var text in new[] { fault.Title, fault.Meaning, fault.KeepSelling, fault.Prevention }) AssertBoth(text.English, text.Chinese);
            foreach (var texts in new[] { fault.MerchantSteps, fault.EngineerSteps, fault.Parts })
                foreach (var (english, chinese) in texts.English.Zip(texts.Chinese)) AssertBoth(english, chinese);
            Assert.NotEmpty(fault.MerchantSteps.English);
        }

        static void AssertBoth(string english, string chinese)
        {
            Assert.All(english, c => Assert.True(char.IsAscii(c), english));
            Assert.Contains(chinese, c => c is >= '\u4e00' and <= '\u9fff');
        }
    }

    [Theory]
    [InlineData("reader-fault", true, 0)]
    [InlineData("tamper", true, 0)]
    [InlineData("offline", true, 30)]
    [InlineData("weak-signal", false, 0)]
    [InlineData("paper-low", false, 0)]
    [InlineData("paper-out", false, 0)]
    [InlineData("paper-jam", false, 0)]
    [InlineData("bad-card", false, 0)]
    [InlineData("declines", false, 0)]
    [InlineData("battery-low", false, 0)]
    [InlineData("carrier-outage", false, 0)]
    public void An_engineer_goes_only_where_one_helps(string code, bool needed, int minutes) =>
        Assert.Equal(new Visit(needed, TimeSpan.FromMinutes(minutes)), FaultCatalogue.Load().Find(code)!.Visit);

    [Fact]
    public void An_operator_may_have_no_tasks_or_others()
    {
        Assert.Equal(new("replace-battery", TimeSpan.FromDays(14)), FaultCatalogue.Load().Find("battery-worn")!.Task);
        Assert.Null(FaultCatalogue.Load().Find("offline")!.Task);
        Assert.Null(Overridden("""{ "battery-worn": { "task": null } }""").Find("battery-worn")!.Task);
        Assert.Equal(new("look", TimeSpan.FromDays(2)), Overridden("""{ "offline": { "task": { "name": "look", "dueAfter": "2.00:00:00" } } }""").Find("offline")!.Task);
    }

    [Fact]
    public void An_operator_replaces_single_fields_and_keeps_the_rest()
    {
        var shipped = FaultCatalogue.Load().Find("offline")!;
        var mine = Overridden("""{ "offline": { "severity": "warning", "title": { "en": "Out of reach" }, "visit": { "after": "02:00:00" } } }""").Find("offline")!;
        Assert.Equal(shipped with { Severity = Severity.Warning, Title = new("Out of reach", shipped.Title.Chinese), Visit = new(true, TimeSpan.FromHours(2)) },
            mine with { MerchantSteps = shipped.MerchantSteps, EngineerSteps = shipped.EngineerSteps, Parts = shipped.Parts });
        Assert.Equal(shipped.MerchantSteps.English, mine.MerchantSteps.English);
    }

    [Theory]
    [InlineData("""{ "ofline": {} }""", "'ofline'")]
    [InlineData("""{ "offline": { "severity": "loud" } }""", "'offline', field 'severity' must be info, warning or critical; it is \"loud\"")]
    [InlineData("""{ "offline": { "color": "red" } }""", "'offline' has no field 'color' (value \"red\")")]
    [InlineData("""{ "offline": { "title": { "zh-CN": " " } } }""", "'offline', field 'title.zh-CN' must be a text that is not empty; it is \" \"")]
    [InlineData("""{ "offline": { "title": { "fr": "Hors ligne" } } }""", "'title.fr'")]
    [InlineData("""{ "offline": { "merchantSteps": { "en": [] } } }""", "'merchantSteps.en' must hold at least one text")]
    [InlineData("""{ "offline": { "merchantSteps": { "en": ["one"] } } }""", "has 1 texts in en but 3 in zh-CN")]
    [InlineData("""{ "offline": { "visit": { "after": "30 min" } } }""", "'visit.after' must be a time span")]
    [InlineData("""{ "offline": { "visit": { "after": "-00:01:00" } } }""", "it is \"-00:01:00\"")]
    [InlineData("""{ "battery-worn": { "task": { "dueAfter": "soon" } } }""", "'battery-worn', field 'task.dueAfter' must be a time span")]
    [InlineData("""{ "battery-worn": { "task": { "times": 1 } } }""", "'task.times' must be a whole number from 2 to 100; it is 1")]
    [InlineData("""{ "battery-worn": { "task": { "name": " " } } }""", "'task.name' must be a text that is not empty")]
    [InlineData("""{ "battery-worn": { "task": { "due": "1" } } }""", "'task.due' is not one of name")]
    [InlineData("""{ "battery-low": { "task": { "within": null } } }""", "'task.within' must be a time span")]
    [InlineData("""{ "offline": { "task": 7 } }""", "'task' must be an object of name and dueAfter")]
    [InlineData("""{ "offline": { "notifyMerchant": "yes" } }""", "'notifyMerchant' must be true or false; it is \"yes\"")]
    [InlineData("""{ "offline": 7 }""", "fault 'offline' must be an object, but is 7")]
    [InlineData("""{ "offline": {}, "offline": {} }""", "cannot be read")]
    [InlineData("[]", "one JSON object")]
    [InlineData("{", "cannot be read")]
    public void A_wrong_override_names_the_file_the_fault_the_field_and_the_value(string json, string says)
    {
        var error = Assert.Throws<CatalogueException>(() => Overridden(json));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains(_override, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_override_file_is_an_error() =>
        Assert.Contains("/no/such.json", Assert.Throws<CatalogueException>(() => FaultCatalogue.Load("/no/such.json")).Message, StringComparison.Ordinal);

    private FaultCatalogue Overridden(string json)
    {
        File.WriteAllText(_override, json);
        return FaultCatalogue.Load(_override);
    }
}
