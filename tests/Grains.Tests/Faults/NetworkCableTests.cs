using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A terminal that reports its link every minute.</summary>
public sealed class NetworkCableTests
{
    private readonly Story _terminal = new();
    private double _minute;

    [Fact]
    public void A_wired_terminal_that_goes_on_by_another_link_has_lost_its_cable()
    {
        Has(Link.Wired, minutes: 60).FindsNothing();
        Has(Link.Cellular, minutes: 5).FindsNothing();
        Has(Link.Cellular, minutes: 1).Raises("network-cable");
        Assert.Equal(("cellular", 300d), (_terminal.Evidence("link"), _terminal.Evidence("sinceSeconds")));
        Assert.InRange((double)_terminal.Evidence("usuallyWiredPercent")!, 85, 95);
        Has(Link.Wired, minutes: 2).FindsNothing();
        Has(Link.Wired, minutes: 1).Clears("network-cable");
    }

    [Fact]
    public void The_hold_ends_without_another_message()
    {
        Has(Link.Wired, minutes: 60);
        Has(Link.None, minutes: 1, intervalSeconds: 600);
        _terminal.At((60 * 60) + 299).HearsNothing().FindsNothing()
            .At((60 * 60) + 300).HearsNothing().Raises("network-cable");
        Assert.Equal("none", _terminal.Evidence("link"));
    }

    [Fact]
    public void A_plug_that_is_out_for_a_moment_is_no_fault()
    {
        Has(Link.Wired, minutes: 60);
        Has(Link.Wifi, minutes: 4);
        Has(Link.Wired, minutes: 30).FindsNothing();
    }

    [Fact]
    public void A_terminal_that_comes_and_goes_between_cable_and_wifi_has_no_usual_cable()
    {
        for (var i = 0; i < 10; i++)
        {
            Has(Link.Wired, minutes: 20);
            Has(Link.Wifi, minutes: 20);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_terminal_that_was_never_wired_has_no_cable_to_lose()
    {
        Has(Link.Cellular, minutes: 100);
        Has(Link.None, minutes: 100).FindsNothing();
    }

    [Fact]
    public void A_new_terminal_is_not_judged_by_its_first_readings()
    {
        Has(Link.Wired, minutes: 20);
        Has(Link.Cellular, minutes: 60).FindsNothing();
    }

    [Fact]
    public void Moved_to_wifi_for_good_it_is_told_of_until_that_is_usual()
    {
        Has(Link.Wired, minutes: 200);
        Has(Link.Wifi, minutes: 6).Raises("network-cable");
        Has(Link.Wifi, minutes: 60).FindsNothing();
        Has(Link.Wifi, minutes: 60).Clears("network-cable");
        Has(Link.Wifi, minutes: 600).FindsNothing();
    }

    private Story Has(Link link, int minutes, int intervalSeconds = 60)
    {
        for (var i = 0; i < minutes; i++, _minute++)
        {
            _terminal.At(_minute * 60).Reports(report =>
                (report.Heartbeat, report.Signal) = (new() { IntervalSeconds = intervalSeconds }, new() { Link = link }));
        }
        return _terminal;
    }
}
