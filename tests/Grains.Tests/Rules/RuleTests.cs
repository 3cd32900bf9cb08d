using System.Text.Json.Nodes;
using Fleet.Grains;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Rules;

public sealed class RuleTests
{
    private const string Hot = """{"hot":{"reading":"power.celsius","raise":{"above":50,"for":"00:05:00"},"clear":{"below":45,"for":"00:02:00"}}}""";

    private readonly Story _terminal = new();

    [Fact]
    public void A_reading_above_its_limit_for_long_enough_raises_and_clears_with_a_hold_of_its_own()
    {
        Follow(Hot);
        _terminal.At(0).Reports(Celsius(55)).FindsNothing()
            .At(240).Reports(Celsius(52)).FindsNothing()
            .At(300).Reports(Celsius(51)).Raises("rule:hot");
        Assert.Equal((51d, "above 50", 300d), (_terminal.Evidence("power.celsius"), _terminal.Evidence("limit"), _terminal.Evidence("heldSeconds")));
        _terminal.At(360).Reports(Celsius(47)).FindsNothing()
            .At(420).Reports(Celsius(44)).FindsNothing()
            .At(480).Reports(Celsius(46)).FindsNothing()
            .At(540).Reports(Celsius(44)).FindsNothing()
            .At(660).Reports(Celsius(44)).Clears("rule:hot");
    }

    [Fact]
    public void A_moment_below_the_limit_begins_the_hold_anew()
    {
        Follow(Hot);
        _terminal.At(0).Reports(Celsius(55)).At(200).Reports(Celsius(50)).At(250).Reports(Celsius(55)).At(500).Reports(Celsius(55)).FindsNothing()
            .At(550).Reports(Celsius(55)).Raises("rule:hot");
    }

    [Fact]
    public void A_hold_ends_without_a_new_message()
    {
        Follow(Hot);
        _terminal.At(0).Reports(Every(600, Celsius(55))).FindsNothing();
        Assert.Equal(Story.Ms(300), _terminal.Terminal.DueAtMs);
        _terminal.At(300).IsSilentSince(0).Raises("rule:hot");
        Assert.Equal(["rule:hot"], _terminal.View.OpenFaults);
    }

    [Fact]
    public void A_silent_terminals_last_reading_raises_nothing_until_it_is_read_again()
    {
        Follow(Hot.Replace("00:05:00", "01:00:00", StringComparison.Ordinal));
        _terminal.At(0).Reports(Celsius(55)).At(180).IsSilentSince(0).Raises("offline");
        Assert.Equal(0, _terminal.Terminal.DueAtMs); // and nobody need tell it that time passes
        _terminal.At(3600).IsSilentSince(0).FindsNothing()
            .At(4000).GoesOnline().Clears("offline").At(4001).IsSilentSince(4000).FindsNothing()
            .At(4002).Reports().FindsNothing().At(4003).Reports(Celsius(55)).Raises("rule:hot"); // it was hot before and still is
    }

    [Fact]
    public void A_word_is_compared_as_the_wire_writes_it_and_without_a_clear_condition_the_opposite_clears()
    {
        Follow("""{"mains":{"reading":"power.source","raise":{"is":"battery"}}}""");
        _terminal.At(0).Reports(r => r.Power = new() { Source = PowerSource.Battery }).Raises("rule:mains")
            .At(10).Reports(Celsius(20)).FindsNothing()
            .At(20).Reports(r => r.Power = new() { Source = PowerSource.Mains }).Clears("rule:mains");
    }

    [Fact]
    public void A_rule_is_for_the_terminals_it_selects()
    {
        _terminal.Terminal.Profile = new(Site: "Yuyuan", Model: "A920");
        Follow("""{"a":{"reading":"power.celsius","raise":{"above":1},"where":{"model":["A80"]}},"b":{"reading":"power.celsius","raise":{"above":1},"where":{"site":["Yuyuan"],"model":["A80","A920"]}}}""");
        _terminal.Reports(Celsius(20)).Raises("rule:b");
    }

    [Fact]
    public void A_rule_is_for_the_terminals_that_have_one_of_its_tags()
    {
        const string Rules = """{"a":{"reading":"power.celsius","raise":{"above":1},"where":{"tag":["station","airport"]}},"b":{"reading":"power.celsius","raise":{"above":1},"where":{"tag":["kiosk"]}}}""";
        Follow(Rules);
        _terminal.Reports(Celsius(20)).FindsNothing(); // it has none
        _terminal.Terminal.Profile = new(Tags: ["24h", "airport"]);
        Follow(Rules);
        _terminal.Reports(Celsius(20)).Raises("rule:a");
    }

    [Fact]
    public void A_rule_that_is_taken_back_clears_its_alarm_and_one_that_stays_keeps_it()
    {
        Follow("""{"a":{"reading":"power.celsius","raise":{"above":1}},"b":{"reading":"power.celsius","raise":{"above":1}}}""");
        _terminal.At(0).Reports(Celsius(20)).Found(("rule:a", FindingKind.Raised), ("rule:b", FindingKind.Raised));
        _terminal.At(60).IsStoredAndLoaded();
        Assert.Equal([("rule:a", FindingKind.Cleared)], Follow("""{"b":{"reading":"power.celsius","raise":{"above":1}}}""", at: 60));
        _terminal.At(60).Reports(Celsius(20)).FindsNothing();
        Assert.Equal(["rule:b"], _terminal.View.OpenFaults);
    }

    /// <summary>The story starts on Monday, 2026-09-21 at 14:13:20 UTC, which is 22:13:20 in Shanghai.</summary>
    [Fact]
    public void Outside_its_hours_in_the_sites_zone_a_rule_is_quiet_and_begins_with_them()
    {
        _terminal.Terminal.Profile = new(TimeZone: "Asia/Shanghai");
        Follow("""{"day":{"reading":"power.celsius","raise":{"above":1,"for":"00:10:00"},"schedule":{"from":"08:00","to":"22:00"}}}""");
        var opens = (9 * 3600) + (46 * 60) + 40; // 08:00 in Shanghai
        _terminal.At(0).Reports(Every(86400, Celsius(20))).FindsNothing();
        Assert.Equal(Story.Ms(opens), _terminal.Terminal.DueAtMs);
        _terminal.At(opens).IsSilentSince(0).FindsNothing().At(opens + 600).IsSilentSince(0).Raises("rule:day");
        var closes = opens + (14 * 3600);
        Assert.Equal(Story.Ms(closes), _terminal.Terminal.DueAtMs);
        _terminal.At(closes).IsSilentSince(0).Clears("rule:day");
        Assert.Equal("its hours are over", _terminal.Evidence("because"));
    }

    [Fact]
    public void An_edge_of_its_hours_at_which_nothing_changed_is_over_and_the_next_one_counts()
    {
        _terminal.Terminal.Profile = new(TimeZone: "Asia/Shanghai");
        Follow("""{"day":{"reading":"power.celsius","raise":{"above":1,"for":"01:00:00"},"schedule":{"from":"08:00","to":"22:30"}}}""");
        _terminal.At(0).Reports(Every(86400, Celsius(20)));
        var closes = (16 * 60) + 40;
        Assert.Equal(Story.Ms(closes), _terminal.Terminal.DueAtMs);
        _terminal.At(closes).IsSilentSince(0).FindsNothing();
        Assert.Equal(Story.Ms(closes + (9.5 * 3600)), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void A_rule_that_asks_for_another_reading_forgets_the_one_before()
    {
        const string Worn = """{"hot":{"reading":"power.cycles","raise":{"above":50}}}""";
        Follow("""{"hot":{"reading":"power.celsius","raise":{"above":50}}}""");
        _terminal.At(0).Reports(Celsius(55)).Raises("rule:hot").IsStoredAndLoaded();
        Assert.Equal([("rule:hot", FindingKind.Cleared)], Follow(Worn));
        _terminal.At(60).Reports().FindsNothing().At(120).Reports(r => r.Power = new() { Cycles = 60 }).Raises("rule:hot");
        Assert.Empty(Follow(Worn));
    }

    [Theory]
    [InlineData("""[]""", "a rule file is one JSON object of rules by name")]
    [InlineData("""{"A b":{}}""", "'A b' is no name of a rule")]
    [InlineData("""{"a":{"reading":"power.heat"}}""", "rule 'a', field 'reading' must be one of heartbeat.uptime, payment.unsent, power.battery")]
    [InlineData("""{"a":{"reading":"power.celsius"}}""", "field 'raise' must be an object of above, below, is or unusual, and for; it is null")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{}}}""", "field 'raise' must have one of above, below, is and unusual; it is {}")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"unusual":0.15,"for":"00:05:00"}}}""", "field 'raise' cannot be unusual for a time")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":9},"clear":{"unusual":1}}}""", "field 'clear' cannot be unusual for a time, and nothing ends by being unusual")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"unusual":0}}}""", "field 'raise.unusual' must be from 0.01 to 5 widths of the usual range; it is 0")]
    [InlineData("""{"a":{"reading":"system.app","raise":{"unusual":0.15}}}""", "field 'raise.unusual' needs a reading that is a number, which system.app is not")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":1,"for":"5m"}}}""", "field 'raise.for' must be a time span up to 7 days")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":5},"clear":{"below":6}}}""", "field 'clear' must not hold while raise holds")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":5},"when":1}}""", "field 'when' is no field; fields are reading, raise, clear, schedule, where, fault; it is 1")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":5},"schedule":{"days":["monday"]}}}""", "field 'schedule.days' must be of mon, tue")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":5},"schedule":{"from":"8"}}}""", "field 'schedule.from' must be a time of day in the form hh:mm")]
    [InlineData("""{"a":{"reading":"power.celsius","raise":{"above":5},"where":{"model":"A"}}}""", "field 'where.model' must be a list of texts")]
    public void What_a_file_says_wrong_is_named(string file, string message) =>
        Assert.Contains(message, Assert.Throws<RuleException>(() => RuleFile.Read("rules.json", JsonNode.Parse(file))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schedule_over_midnight_belongs_to_the_day_it_began_on()
    {
        var saturdayNight = new Schedule(1 << 6, new(22, 0), new(4, 0));
        long At(int day, int hour) => new DateTimeOffset(2026, 9, day, hour, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(); // 26 is a Saturday
        Assert.Equal(
            [false, true, true, false, false],
            new[] { At(26, 21), At(26, 22), At(27, 3), At(27, 4), At(27, 22) }.Select(at => saturdayNight.Contains(at, TimeZoneInfo.Utc)));
        Assert.Equal(At(26, 22), saturdayNight.NextEdgeMs(At(26, 5), TimeZoneInfo.Utc));
    }

    private List<(string, FindingKind)> Follow(string file, double at = 0)
    {
        List<Finding> findings = [];
        _terminal.Terminal.Follow(RuleFile.Read("rules.json", JsonNode.Parse(file)), Story.Ms(at), findings);
        return [.. findings.Select(finding => (finding.Fault, finding.Kind))];
    }

    private static Action<Report> Celsius(double celsius) => report => report.Power = new() { Celsius = celsius };

    private static Action<Report> Every(int seconds, Action<Report> with) => report =>
    {
        report.Heartbeat = new() { IntervalSeconds = seconds };
        with(report);
    };
}
