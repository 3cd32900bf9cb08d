using Fleet.Grains.Learning;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Learning;

public sealed class CountersTests
{
    private Counters _counters;
    private double _atSeconds;
    private bool _wentBack;

    [Fact]
    public void A_code_that_a_report_leaves_out_stays_as_it_was()
    {
        Hears(Declined(("51", 40), ("91", 7)));
        Assert.Equal((2, false), (Hears(Declined(("51", 42))).Declines.Funds, _wentBack));
        Assert.Equal((0, false), (Hears(Declined()).Declines.All, _wentBack));
        Assert.Equal((3, false), (Hears(Declined(("91", 10))).Declines.IssuerDown, _wentBack));
    }

    [Fact]
    public void Codes_that_are_not_kept_neither_count_nor_go_back()
    {
        Hears(Declined(("05", 900), ("14", 80)));
        Assert.Equal((0, false), (Hears(Declined(("14", 81))).Declines.All, _wentBack));
    }

    [Fact]
    public void A_counter_that_is_lower_than_before_says_so_and_is_taken_to_have_begun_again()
    {
        Hears(Swipes(1000));
        Assert.Equal((900, true), (Hears(Swipes(900)).Swipe.Good, _wentBack));
        Assert.Equal((5, false), (Hears(Swipes(905)).Swipe.Good, _wentBack));
    }

    [Fact]
    public void Reboots_and_crashes_that_go_back_count_nothing()
    {
        Hears(Restarts(reboots: 30, crashes: 9));
        var growth = Hears(Restarts(reboots: 3, crashes: 8));
        Assert.Equal((0, 0), (growth.Reboots, growth.Crashes));
        growth = Hears(Restarts(reboots: 4, crashes: 8));
        Assert.Equal((1, 0), (growth.Reboots, growth.Crashes));
    }

    private Growth Hears(Action<Report> with)
    {
        var growth = _counters.Grow(Some.Report(1, _atSeconds += 60, with));
        _wentBack = growth.WentBack;
        return growth;
    }

    private static Action<Report> Swipes(long ok) => Some.Swipes(ok, failed: 0, cards: 0);

    private static Action<Report> Restarts(long reboots, long crashes) =>
        report => report.System = new() { Reboots = reboots, Crashes = crashes };

    private static Action<Report> Declined(params (string Code, long Count)[] declines) =>
        report => report.Payment = new() { Declined = [.. declines.Select(decline => new Decline(decline.Code, decline.Count))] };
}
