using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A terminal that reports its count of payments every ten minutes.</summary>
public sealed class BadReportsTests
{
    private readonly Story _terminal = new();
    private int _report;

    [Fact]
    public void Counters_that_jump_back_and_forth_are_no_counters()
    {
        for (var i = 0; i < 4; i++)
        {
            Counts(1000, times: 3);
            Counts(20, times: 3);
        }
        _terminal.Raises("bad-reports");
        Assert.InRange((double)_terminal.Evidence("countersWentBackOfDay")!, 3, 4);
    }

    [Fact]
    public void What_is_refused_ten_times_a_day_is_a_firmware_that_talks_nonsense()
    {
        for (var minute = 0; minute < 10; minute++) _terminal.At(minute * 60).IsRefused(Refusal.NotJson).FindsNothing();
        _terminal.At(600).IsRefused(Refusal.OutOfRange).Raises("bad-reports");
        Assert.Equal((11d, "out-of-range"), (Math.Round((double)_terminal.Evidence("refusedOfDay")!), _terminal.Evidence("lastRefusal")));
        Assert.Equal(Story.Ms(600), _terminal.Terminal.HeardAtMs); // it is not silent
        _terminal.IsStoredAndLoaded().At(2 * 86_400).Reports().FindsNothing()
            .At(4 * 86_400).Reports().Clears("bad-reports");
    }

    [Fact]
    public void A_bad_payload_now_and_then_is_none()
    {
        for (var hour = 0; hour < 200; hour += 4) _terminal.At(hour * 3600).IsRefused(Refusal.WrongType);
        _terminal.FindsNothing();
    }

    [Fact]
    public void Refusals_of_one_moment_all_count()
    {
        for (var ordinal = 0; ordinal < 9; ordinal++) _terminal.At(60).IsRefused(Refusal.NotJson, ordinal).FindsNothing();
        _terminal.IsRefused(Refusal.NotJson, ordinal: 9).Raises("bad-reports");
    }

    [Fact]
    public void What_a_journal_replays_is_counted_once_and_gives_the_same_state()
    {
        void Plays(int from) { for (var n = from; n < 9; n++) _terminal.At(60 + (n / 3)).IsRefused(Refusal.NotJson, ordinal: 100 + n); }
        Plays(from: 0);
        var state = Story.Saved(_terminal.Terminal);
        _terminal.IsStoredAndLoaded();
        Plays(from: 0);
        Plays(from: 4);
        _terminal.FindsNothing();
        Assert.Equal(state, Story.Saved(_terminal.Terminal));
        _terminal.At(70).IsRefused(Refusal.NotJson, ordinal: 5).IsRefused(Refusal.NotJson, ordinal: 6).Raises("bad-reports"); // from another node's journal
    }

    [Fact]
    public void One_reset_is_none()
    {
        Counts(1000, times: 10);
        Counts(0, times: 500).FindsNothing();
    }

    [Fact]
    public void A_reboot_explains_it_whether_told_before_or_after()
    {
        for (var i = 1; i < 20; i++)
        {
            Counts(1000, times: 2);
            if (i % 2 == 0) Tells(report => report.System = new() { Reboots = i });
            Counts(0, times: 1);
            if (i % 2 == 1) Tells(report => report.Heartbeat = new() { UptimeSeconds = 300 });
            Counts(0, times: 50);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void An_app_that_crashes_or_is_updated_begins_to_count_anew()
    {
        for (var i = 1; i < 5; i++)
        {
            Counts(1000, times: 10);
            Tells(report => report.System = new() { App = $"1.{i}", Crashes = i });
            Counts(0, times: 50);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void It_clears_when_counters_only_rise_for_days()
    {
        Counters_that_jump_back_and_forth_are_no_counters();
        for (var i = 0; i < 250; i++) Counts(1000 + i, times: 1);
        _terminal.FindsNothing();
        for (var i = 0; i < 150; i++) Counts(2000 + i, times: 1);
        _terminal.Clears("bad-reports");
    }

    private Story Counts(long approved, int times)
    {
        for (var i = 0; i < times; i++) Tells(report => report.Payment = new() { Approved = approved });
        return _terminal;
    }

    private void Tells(Action<Report> what) => _terminal.At(600 * _report++).Reports(what);
}
