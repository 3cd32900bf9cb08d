using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class DeclinesTests
{
    private readonly Story _terminal = new();
    private readonly SortedDictionary<string, long> _declined = new() { ["51"] = 40, ["55"] = 10, ["61"] = 2, ["75"] = 1, ["91"] = 3 };
    private double _atSeconds;
    private long _approved = 5000;

    public DeclinesTests() => Pays(0).FindsNothing();

    [Fact]
    public void A_bank_that_cannot_be_reached_is_named_by_its_code_and_over_when_payments_go_through()
    {
        Pays(20).FindsNothing();
        Pays(1, ("91", 5)).FindsNothing();
        Pays(0, ("91", 4)).Raises("declines");
        Assert.Equal(("91", "91", 9d, 10d), (Evidence("code"), Evidence("codes"), Evidence("declined"), Evidence("payments")));
        Assert.Equal(((double)Story.Ms(180), 1d), (Evidence("sinceMs"), Evidence("usualPercent")));
        Pays(2, ("91", 4)).FindsNothing();
        Pays(5).FindsNothing();
        Pays(30).Clears("declines");
        Assert.Equal((double)Story.Ms(300), Evidence("lastDeclineMs"));
    }

    [Theory]
    [InlineData("51")]
    [InlineData("55")]
    [InlineData("61")]
    [InlineData("75")]
    public void Each_code_is_judged_by_itself(string code)
    {
        Pays(3, (code, 9)).Raises("declines");
        Assert.Equal(code, Evidence("code"));
    }

    [Fact]
    public void Two_codes_are_one_alert()
    {
        Pays(3, ("91", 9)).Raises("declines");
        Pays(3, ("51", 9), ("91", 3)).Changes("declines");
        Assert.Equal(("51", "51, 91"), (Evidence("code"), Evidence("codes")));
    }

    [Fact]
    public void A_shop_that_closed_during_an_outage_is_not_told_of_it_the_next_morning()
    {
        Pays(1, ("91", 9)).Raises("declines");
        _atSeconds += 7200;
        Pays(0).Clears("declines");
    }

    [Fact]
    public void One_customer_who_forgot_the_pin_is_no_spike() => Pays(0, ("55", 3), ("75", 1)).FindsNothing();

    [Fact]
    public void Two_customers_one_after_the_other_are_no_spike()
    {
        Pays(0, ("51", 3)).FindsNothing();
        Pays(1, ("51", 3)).FindsNothing();
        Pays(12).FindsNothing();
    }

    [Fact]
    public void What_a_shop_is_used_to_is_no_spike()
    {
        for (var day = 0; day < 100; day++) Pays(day % 3 == 0 ? 46 : 48, ("51", day % 3 == 0 ? 4 : 2)).FindsNothing();
        Pays(40, ("51", 8)).FindsNothing();
    }

    [Fact]
    public void A_code_that_a_report_leaves_out_is_neither_a_spike_nor_the_end_of_one()
    {
        _declined.Remove("51");
        Pays(10).FindsNothing();
        _declined["51"] = 41;
        Pays(10).FindsNothing();
    }

    [Fact]
    public void Counters_that_fall_are_no_spike()
    {
        _declined["91"] = 2;
        Pays(0, ("51", 30)).FindsNothing();
    }

    [Fact]
    public void Without_a_count_of_approvals_nobody_knows_what_the_declines_are_a_share_of()
    {
        for (var declined = 0; declined < 40; declined += 10)
        {
            _terminal.At(_atSeconds += 60).Reports(report => report.Payment = new() { Declined = [new("91", 3 + declined)] }).FindsNothing();
        }
    }

    [Fact]
    public void It_goes_on_where_it_was_when_the_state_is_loaded()
    {
        Pays(1, ("91", 5)).FindsNothing();
        _terminal.IsStoredAndLoaded();
        Pays(0, ("91", 4)).Raises("declines");
    }

    private Story Pays(long approved, params (string Code, long Count)[] declines)
    {
        _approved += approved;
        foreach (var (code, count) in declines) _declined[code] += count;
        Decline[] declined = [.. _declined.Select(decline => new Decline(decline.Key, decline.Value))];
        return _terminal.At(_atSeconds += 60).Reports(report => report.Payment = new() { Approved = _approved, Declined = declined });
    }

    private object? Evidence(string name) => _terminal.Evidence(name);
}
