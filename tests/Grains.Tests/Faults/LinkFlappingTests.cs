using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class LinkFlappingTests
{
    private readonly Story _terminal = new();
    private long _session;

    [Fact]
    public void Ten_drops_in_twenty_minutes_are_flapping()
    {
        Drops(times: 9, everySeconds: 120, from: 0).FindsNothing();
        Drops(times: 1, everySeconds: 120, from: 1080).Raises("link-flapping");
        Assert.Equal((8d, "wired"), (_terminal.Evidence("normPerHour"), _terminal.Evidence("link")));
        Assert.InRange((double)_terminal.Evidence("reconnectsPerHour")!, 8, 9);
    }

    [Fact]
    public void It_clears_by_itself_when_the_connection_holds()
    {
        Drops(times: 10, everySeconds: 60, from: 0).Raises("link-flapping");
        var clearsAtSeconds = (_terminal.Terminal.DueAtMs - Story.Start) / 1000d;
        Assert.InRange(clearsAtSeconds, 600 + 3600, 600 + 4800);
        _terminal.At(2000).Reports(Wired).At(clearsAtSeconds - 1).HearsNothing().FindsNothing()
            .At(clearsAtSeconds).HearsNothing().Clears("link-flapping");
    }

    [Fact]
    public void Two_drops_an_hour_are_every_day_life()
    {
        for (var hour = 0; hour < 48; hour++) Drops(times: 2, everySeconds: 1800, from: hour * 3600);
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_restart_of_ours_tells_no_end_and_counts_nothing()
    {
        for (var at = 0; at < 3000; at += 100) _terminal.At(at).GoesOnline(++_session).At(at + 1).Reports(Wired);
        _terminal.FindsNothing();
    }

    [Fact]
    public void Sessions_that_replace_each_other_count_nothing()
    {
        for (var at = 0; at < 3000; at += 100)
        {
            _terminal.At(at).GoesOnline(++_session).At(at + 1).GoesOffline(_session - 1).At(at + 2).Reports(Wired);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_journal_that_is_replayed_counts_no_drop_twice()
    {
        for (var again = 0; again < 3; again++)
        {
            _session = 0;
            Drops(times: 7, everySeconds: 60, from: 0);
        }
        _terminal.IsStoredAndLoaded().At(430).Reports(Wired).FindsNothing();
    }

    private Story Drops(int times, double everySeconds, double from)
    {
        for (var i = 1; i <= times; i++)
        {
            var at = from + (i * everySeconds);
            if (_session == 0) _terminal.At(from).GoesOnline(++_session);
            _terminal.At(at - 10).GoesOffline(_session).At(at).GoesOnline(++_session).At(at).Reports(Wired);
        }
        return _terminal;
    }

    private static readonly Action<Report> Wired = report =>
        (report.Heartbeat, report.Signal) = (new() { IntervalSeconds = 3600 }, new() { Link = Link.Wired });
}
