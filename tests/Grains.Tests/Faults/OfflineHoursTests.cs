using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A shop that trades from 9 to 18 UTC on weekdays, for three weeks; its terminal reports every quarter of an hour, day and night.</summary>
public sealed class OfflineHoursTests
{
    private const double Quarter = 900, Hour = 3600, Day = 24 * Hour;

    /// <summary>Seconds from the story's start to Monday, 21 September 2026, 00:00 UTC, and three weeks.</summary>
    private static readonly double Monday = (new DateTimeOffset(2026, 9, 21, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() - Story.Start) / 1000d + (21 * Day);
    private readonly Story _terminal = new();
    private long _approved;

    public OfflineHoursTests()
    {
        for (var at = Monday - (21 * Day); at <= Monday; at += Quarter)
        {
            var hour = (at - Monday + (21 * Day)) / Hour;
            if (hour % 168 < 5 * 24 && hour % 24 is >= 9 and < 18) _approved++;
            _terminal.At(at).Reports(Quarterly(_approved));
        }
    }

    [Fact]
    public void In_trading_hours_silence_is_a_fault_after_three_intervals() =>
        Assert.Equal(Story.Ms(At(10.75)), LastHeardAt(10).Terminal.DueAtMs);

    [Fact]
    public void Who_is_switched_off_at_night_has_half_an_hour_after_the_opening()
    {
        Assert.Equal(Story.Ms(At(24 + 9.5)), LastHeardAt(18).Terminal.DueAtMs);
        _terminal.At(At(24 + 9.4)).IsSilentSince(At(18)).FindsNothing()
            .At(At(24 + 9.5)).IsSilentSince(At(18)).Raises("offline");
        Assert.Equal(Story.Ms(At(24 + 9.5)), _terminal.Last.RaisedAtMs);
        _terminal.At(At(24 + 10)).Reports(Quarterly(_approved)).Clears("offline");
    }

    [Fact]
    public void Silence_says_when_it_may_be_one_on_purpose_next()
    {
        LastHeardAt(10).At(At(10.75)).IsSilentSince(At(10)).Raises("offline");
        Assert.Equal(((double)Story.Ms(At(17.5)), (double)Story.Ms(At(24 + 9.5))), (_terminal.Evidence("mayBeOffFromMs"), _terminal.Evidence("mayBeOffUntilMs")));
    }

    [Fact]
    public void After_the_weekend_too() => Assert.Equal(Story.Ms(At((7 * 24) + 9.5)), LastHeardAt((4 * 24) + 19).Terminal.DueAtMs);

    [Fact]
    public void A_shop_that_closes_within_its_last_hour_is_no_outage() =>
        Assert.Equal(Story.Ms(At(24 + 9.5)), LastHeardAt(17).Terminal.DueAtMs);

    [Fact]
    public void A_session_that_ends_at_closing_time_is_no_outage_either()
    {
        LastHeardAt(18).At(At(18.1)).GoesOffline();
        Assert.Equal(Story.Ms(At(24 + 9.5)), _terminal.Terminal.DueAtMs);
        _terminal.At(At(24 + 8)).GoesOnline();
        Assert.Equal(Story.Ms(At(24 + 9.5)), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void In_trading_hours_the_end_of_a_session_leaves_one_interval()
    {
        LastHeardAt(12).At(At(12.1)).GoesOffline();
        Assert.Equal(Story.Ms(At(12.35)), _terminal.Terminal.DueAtMs);
    }

    [Fact]
    public void The_evidence_says_what_an_hour_usually_takes_so_that_the_dearest_outage_is_seen_first()
    {
        LastHeardAt(12).At(At(12.75)).IsSilentSince(At(12)).Raises("offline");
        Assert.InRange((double)_terminal.Evidence("usualPaymentsPerHour")!, 3.7, 4.3);
        Assert.Equal(_terminal.Evidence("usualPaymentsPerHour"), _terminal.View.UsualPaymentsByHour![12]);
        Assert.Null(_terminal.View.UsualAmountPerPayment);
    }

    [Fact]
    public void A_restart_of_ours_at_night_gives_three_intervals_and_not_the_night() =>
        Assert.Equal(3 * 900_000, LastHeardAt(18).Terminal.SilentAfterMs);

    [Fact]
    public void A_longer_interval_than_the_margin_is_waited_for_at_the_opening()
    {
        _terminal.At(At(18)).Reports(report => report.Heartbeat = new() { IntervalSeconds = 7200 });
        Assert.Equal(Story.Ms(At(24 + 11)), _terminal.Terminal.DueAtMs);
    }

    private static double At(double hour) => Monday + (hour * Hour);

    private Story LastHeardAt(double hour)
    {
        for (var at = Monday + Quarter; at <= At(hour); at += Quarter) _terminal.At(at).Reports(Quarterly(++_approved));
        return _terminal.FindsNothing();
    }

    private static Action<Report> Quarterly(long approved) => report =>
        (report.Heartbeat, report.Payment) = (new() { IntervalSeconds = 900 }, new() { Approved = approved });
}
