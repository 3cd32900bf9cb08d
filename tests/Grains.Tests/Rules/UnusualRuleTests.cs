using System.Text.Json.Nodes;
using Fleet.Grains;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;
using Fleet.Grains.Unusual;

namespace Fleet.Grains_Tests.Rules;

/// <summary>A battery that is between 30 and 32 °C, told every five minutes, and a rule that asks when it is unlike itself.</summary>
public sealed class UnusualRuleTests
{
    private const double Five = 300, Day = 86_400;
    private const string Odd = """{"odd":{"reading":"power.celsius","raise":{"unusual":0.15},"fault":{"severity":"info"}}}""";

    private readonly Story _terminal = new();
    private double _at;

    [Fact]
    public void A_reading_far_outside_what_it_ever_was_raises_and_ends_when_it_is_back()
    {
        Follow(Odd);
        Lives(days: 4).FindsNothing();
        Reads(45).Raises("rule:odd");
        Assert.Equal((45d, "unusual by 0.15", "level"), (_terminal.Evidence("power.celsius"), _terminal.Evidence("limit"), _terminal.Evidence("unusual")));
        Assert.InRange((double)_terminal.Evidence("usualTo")!, 31, 34);
        Reads(45).FindsNothing();
        Reads(31).Clears("rule:odd");
    }

    [Fact]
    public void What_stays_where_it_went_is_usual_after_a_day()
    {
        Follow(Odd);
        Lives(days: 4).FindsNothing();
        Reads(45).Raises("rule:odd");
        Lives(days: 0.9, around: 45).FindsNothing();
        Lives(days: 0.2, around: 45).Clears("rule:odd");
        Lives(days: 1, around: 45).FindsNothing();
    }

    [Fact]
    public void A_clear_condition_of_its_own_stands_instead()
    {
        Follow("""{"odd":{"reading":"power.celsius","raise":{"unusual":0.15},"clear":{"below":25}}}""");
        Lives(days: 4).FindsNothing();
        Reads(45).Raises("rule:odd");
        Reads(31).FindsNothing();
        Reads(24).Clears("rule:odd");
    }

    [Fact]
    public void What_was_learned_outlives_a_restart()
    {
        Follow(Odd);
        Lives(days: 4).IsStoredAndLoaded();
        Follow(Odd);
        Reads(45).Raises("rule:odd").IsStoredAndLoaded();
        Follow(Odd);
        Reads(31).Clears("rule:odd");
    }

    [Fact]
    public void Another_reading_under_the_same_name_begins_anew()
    {
        Follow(Odd);
        Lives(days: 4).FindsNothing();
        Follow(Odd.Replace("power.celsius", "printer.headCelsius", StringComparison.Ordinal));
        Follow(Odd);
        Reads(45).FindsNothing();
    }

    [Fact]
    public void Only_terminals_that_such_a_rule_selects_pay_for_it()
    {
        Follow("""{"hot":{"reading":"power.celsius","raise":{"above":90}},"odd":{"reading":"power.celsius","raise":{"unusual":0.15},"where":{"model":["A80"]}}}""");
        Lives(days: 1);
        var without = Story.Saved(_terminal.Terminal).Length;
        Follow(Odd);
        Lives(days: 1);
        Assert.InRange(Story.Saved(_terminal.Terminal).Length - without, 150, UnusualWatch.StateBytes + 50);
    }

    private void Follow(string file) => _terminal.Terminal.Follow(RuleFile.Read("rules.json", JsonNode.Parse(file)), Story.Ms(_at), new List<Finding>());

    private Story Reads(double celsius) => _terminal.At(_at += Five).Reports(report =>
        (report.Heartbeat, report.Power) = (new() { IntervalSeconds = (int)Five }, new() { Celsius = celsius }));

    private Story Lives(double days, double around = 31)
    {
        var until = _at + (days * Day);
        for (var i = 0; _at < until; i++) Reads(around + ((i * 7 % 20) - 10) / 10d);
        return _terminal;
    }
}
