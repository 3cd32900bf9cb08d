using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class OfflineTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void Three_missed_intervals_are_silence_and_the_fault_is_raised_at_the_deadline()
    {
        _terminal.At(0).Reports(Every(20));
        Assert.Equal((Story.Ms(0), Story.Ms(60)), (_terminal.Terminal.HeardAtMs, _terminal.Terminal.DueAtMs));
        _terminal.At(63).IsSilentSince(0).Raises("offline");
        Assert.Equal((Story.Ms(60), Story.Ms(63)), (_terminal.Last.RaisedAtMs, _terminal.Last.AtMs));
        Assert.Equal((63d, 20d, (double)Story.Ms(0)), (_terminal.Evidence("silentSeconds"), _terminal.Evidence("intervalSeconds"), _terminal.Evidence("lastHeardAtMs")));
        Assert.Equal(0, _terminal.Terminal.DueAtMs);
        _terminal.At(90).IsSilentSince(0).FindsNothing()
            .At(100).Reports().Clears("offline");
        Assert.Equal((Story.Ms(60), 100d), (_terminal.Last.RaisedAtMs, _terminal.Evidence("silentSeconds")));
        Assert.Equal(Story.Ms(160), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void The_interval_is_a_minute_where_none_is_named_and_half_a_minute_is_the_least_silence()
    {
        Assert.Equal(0, _terminal.Terminal.DueAtMs);
        _terminal.At(0).Reports();
        Assert.Equal(Story.Ms(180), _terminal.Terminal.DueAtMs);
        _terminal.At(1).Reports(Every(2));
        Assert.Equal(Story.Ms(31), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void After_its_session_ended_one_interval_is_enough()
    {
        _terminal.At(0).GoesOnline().Reports();
        Assert.True(_terminal.View.Connected);
        _terminal.At(10).GoesOffline().FindsNothing();
        Assert.False(_terminal.View.Connected);
        Assert.Equal(Story.Ms(70), _terminal.Terminal.DueAtMs);
        _terminal.At(70).IsSilentSince(0).Raises("offline");
        Assert.Equal("ended", _terminal.Evidence("session"));
        _terminal.At(80).GoesOnline().Clears("offline");
    }

    [Fact]
    public void The_end_of_a_session_never_gives_more_time_than_silence_does()
    {
        _terminal.At(0).Reports(Every(20)).At(50).GoesOffline();
        Assert.Equal(Story.Ms(60), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void A_terminal_that_comes_back_gets_its_three_intervals_again()
    {
        _terminal.At(0).Reports().At(10).GoesOffline().At(12).GoesOnline();
        Assert.Equal(Story.Ms(192), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void A_word_of_silence_that_a_report_overtook_is_ignored() =>
        _terminal.At(0).Reports(Every(20)).At(59).Reports().At(60).IsSilentSince(0).FindsNothing();

    [Fact]
    public void A_word_of_silence_before_the_deadline_is_ignored() =>
        _terminal.At(0).Reports(Every(60)).At(90).IsSilentSince(0).FindsNothing();

    [Fact]
    public void In_a_replay_the_shard_may_know_more_than_the_terminal()
    {
        _terminal.At(0).Reports().At(500).IsSilentSince(300).Raises("offline");
        Assert.Equal((Story.Ms(480), Story.Ms(300)), (_terminal.Last.RaisedAtMs, _terminal.Terminal.HeardAtMs));
        _terminal.At(300).Reports().FindsNothing();
    }

    [Fact]
    public void A_stored_report_that_comes_late_says_that_it_is_back()
    {
        _terminal.At(0).Reports().At(10).Reports().At(200).IsSilentSince(10).Raises("offline")
            .At(210).Hears(Some.Report(90, atSeconds: 5), arrivedAtSeconds: 210).Clears("offline");
        Assert.Equal(1, _terminal.View.Late);
    }

    [Fact]
    public void Session_facts_alone_raise_nothing_and_old_ones_do_not_undo_newer_ones()
    {
        _terminal.At(100).GoesOnline().At(50).GoesOffline().FindsNothing();
        Assert.True(_terminal.View.Connected);
        Assert.Equal(Story.Ms(280), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void The_end_of_a_session_that_was_replaced_says_nothing_however_late_it_comes()
    {
        _terminal.At(0).GoesOnline(session: 1).At(100).GoesOnline(session: 2).At(110).GoesOffline(session: 1).FindsNothing();
        Assert.True(_terminal.View.Connected);
        Assert.Equal(Story.Ms(280), _terminal.Terminal.DueAtMs);
        _terminal.IsStoredAndLoaded().At(120).GoesOnline(session: 1).At(130).GoesOffline(session: 1).FindsNothing(); // a journal that comes late
        Assert.True(_terminal.View.Connected);
        _terminal.At(140).GoesOffline(session: 2);
        Assert.False(_terminal.View.Connected);
        Assert.Equal(Story.Ms(200), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void A_newer_session_counts_though_the_clock_of_the_node_before_was_ahead()
    {
        _terminal.At(0).GoesOnline(session: 1).At(510).GoesOffline(session: 1); // ten seconds ahead
        _terminal.At(505).GoesOnline(session: 2).FindsNothing();
        Assert.True(_terminal.View.Connected);
        Assert.Equal(Story.Ms(685), _terminal.Terminal.DueAtMs); // of its silence: nothing has ended
        _terminal.IsStoredAndLoaded().At(515).GoesOffline(session: 1).FindsNothing();
        Assert.True(_terminal.View.Connected);
        _terminal.At(520).GoesOffline(session: 2).At(518).GoesOnline(session: 2).FindsNothing(); // of one and the same the later counts
        Assert.False(_terminal.View.Connected);
        Assert.Equal(Story.Ms(580), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void A_node_that_stood_still_ends_nothing_that_began_elsewhere_meanwhile()
    {
        _terminal.At(0).GoesOnline(session: 1).At(10).GoesOnline(session: 2).At(12).GoesOffline(session: 2);
        _terminal.At(14).GoesOnline(session: 3).At(40).GoesOffline(session: 1).FindsNothing();
        Assert.True(_terminal.View.Connected);
        Assert.Equal(Story.Ms(194), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void Who_is_silent_is_not_connected_whatever_its_node_could_not_tell()
    {
        _terminal.At(0).GoesOnline(session: 1).At(1).Reports(Every(60)).At(181).IsSilentSince(1).Raises("offline");
        Assert.False(_terminal.View.Connected);
    }

    private static Action<Report> Every(int seconds) => report => report.Heartbeat = new() { IntervalSeconds = seconds };
}
