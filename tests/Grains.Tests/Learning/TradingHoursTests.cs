using System.Buffers;
using CsCheck;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Learning;

/// <summary>A shop that trades from 9 to 18 UTC on weekdays, with its terminal on day and night, reporting four times an hour.</summary>
public sealed class TradingHoursTests
{
    private const long HourMs = 3_600_000;

    /// <summary>Monday, 21 September 2026, 00:00 UTC.</summary>
    private static readonly long Monday = new DateTimeOffset(2026, 9, 21, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private TradingHours _hours;

    [Fact]
    public void Until_two_weeks_were_seen_every_hour_is_open()
    {
        Passes(weeks: 0, to: 2);
        Assert.False(_hours.IsKnown);
        Assert.True(_hours.IsOpen(At(0, 3)));
        Assert.Equal((At(0, 3), 0), (_hours.NextOpeningMs(At(0, 3)), _hours.NextClosingMs(At(0, 3))));
        Assert.Equal(5 * HourMs, _hours.OpenTimeMs(At(0, 0), At(0, 5)));
        Assert.Equal(At(0, 5), _hours.AfterOpenTimeMs(At(0, 0), 5 * HourMs));
    }

    [Fact]
    public void After_two_weeks_it_knows_when_the_shop_opens_and_closes()
    {
        Passes(weeks: 0, to: 3);
        Assert.True(_hours.IsKnown);
        Assert.Equal([false, true, true, false, false], new[] { At(21, 8.9), At(21, 9), At(21, 17.9), At(21, 18), At(26, 12) }.Select(atMs => _hours.IsOpen(atMs)));
        Assert.Equal((At(22, 9), At(22, 18)), (_hours.NextOpeningMs(At(21, 20)), _hours.NextClosingMs(At(21, 20))));
        Assert.Equal((At(22, 11.5), At(22, 18)), (_hours.NextOpeningMs(At(22, 11.5)), _hours.NextClosingMs(At(22, 11.5))));
        Assert.Equal(At(28, 9), _hours.NextOpeningMs(At(25, 18)));
    }

    [Fact]
    public void Forecasts_count_trading_time_only()
    {
        Passes(weeks: 0, to: 3);
        Assert.Equal(3 * HourMs, _hours.OpenTimeMs(At(21, 16), At(22, 10)));
        Assert.Equal(((5 * 9) + 1) * HourMs, _hours.OpenTimeMs(At(21, 9), At(28, 10)));
        Assert.Equal(At(22, 10), _hours.AfterOpenTimeMs(At(21, 16), 3 * HourMs));
        Assert.Equal(At(25, 18), _hours.AfterOpenTimeMs(At(21, 9), 5 * 9 * HourMs));
        Assert.Equal(At(28, 10), _hours.AfterOpenTimeMs(At(21, 9), ((5 * 9) + 1) * HourMs));
    }

    [Fact]
    public void What_comes_after_trading_time_has_that_much_of_it_before()
    {
        Passes(weeks: 0, to: 3);
        var hours = _hours;
        Gen.Select(Gen.Long[0, 14 * 24 * HourMs], Gen.Long[1, 200 * HourMs]).Sample((from, open) =>
            hours.OpenTimeMs(Monday + from, hours.AfterOpenTimeMs(Monday + from, open)) == open);
    }

    [Fact]
    public void Other_hours_are_followed_in_three_weeks()
    {
        Passes(weeks: 0, to: 6);
        Passes(weeks: 6, to: 8, opens: 12, closes: 21);
        Assert.True(_hours.IsOpen(At(7 * 8, 10)));
        Passes(weeks: 8, to: 10, opens: 12, closes: 21);
        Assert.Equal((At(7 * 10, 12), At(7 * 10, 21)), (_hours.NextOpeningMs(At(7 * 10, 0)), _hours.NextClosingMs(At(7 * 10, 0))));
    }

    [Fact]
    public void A_holiday_of_a_month_with_the_terminal_switched_off_closes_nothing()
    {
        Passes(weeks: 0, to: 6);
        Passes(weeks: 10, to: 10.2);
        Assert.Equal((true, false), (_hours.IsOpen(At(7 * 11, 10)), _hours.IsOpen(At(7 * 11, 20))));
    }

    [Fact]
    public void A_lull_of_an_hour_is_no_closing_and_one_late_sale_no_opening()
    {
        for (var hour = 0; hour < 4 * 168; hour++) Hour(At(0, hour), hour % 24 is >= 9 and < 18 and not 13 || hour == 22);
        Assert.Equal((true, false), (_hours.IsOpen(At(28, 13)), _hours.IsOpen(At(28, 22))));
    }

    [Fact]
    public void What_was_counted_overnight_is_not_the_trade_of_the_hour_it_is_reported_in()
    {
        // On from 7 to 20; the first report of a day brings what the evening before sold.
        for (var day = 0; day < 28; day++)
        {
            for (var hour = 7; hour < 20; hour++) Hour(At(day, hour), trades: hour is 7 or (>= 9 and < 20), quarters: hour == 7 ? 1 : 4);
        }
        Assert.Equal((false, true), (_hours.IsOpen(At(28, 7)), _hours.IsOpen(At(28, 19))));
    }

    [Fact]
    public void A_terminal_that_never_trades_has_no_closed_hours()
    {
        for (var hour = 0; hour < 4 * 168; hour++) Hour(At(0, hour), trades: false);
        Assert.False(_hours.IsKnown);
        Assert.True(_hours.IsOpen(At(28, 3)));
    }

    [Fact]
    public void Hours_that_are_told_stand_at_once_in_the_sites_zone_and_are_corrected_by_what_it_does()
    {
        TerminalProfile shanghai = new(TimeZone: "Asia/Shanghai", Hours: Told("Mo-Fr 08:00-18:00; Sa 09:00-14:00"));
        _hours.BeTold(shanghai, At(0, 0));
        Assert.True(_hours.IsKnown);
        Assert.Equal((At(0, 10), At(1, 0)), (_hours.NextClosingMs(At(0, 0)), _hours.NextOpeningMs(At(0, 10))));
        Assert.Equal((At(5, 1), At(7, 0)), (_hours.NextOpeningMs(At(4, 12)), _hours.NextOpeningMs(At(5, 6))));
        for (var hour = 0; hour < 4 * 168; hour++)
        {
            _hours.BeTold(shanghai, At(0, hour));
            Hour(At(0, hour), trades: hour % 24 is >= 2 and < 10);
        }
        Assert.Equal((false, true), (_hours.IsOpen(At(28, 1)), _hours.IsOpen(At(33, 9))));
        _hours.BeTold(shanghai with { Hours = Told("24/7") }, At(28, 0));
        Assert.True(_hours.IsOpen(At(28, 20)));
    }

    [Fact]
    public void A_closing_before_hours_are_known_lasts_to_the_next_hour_that_had_trade_and_in_the_first_week_a_day_longer()
    {
        TerminalProfile utc = new(TimeZone: "UTC");
        Passes(weeks: 0, to: 17.5 / 168); // Monday until half past five
        Assert.Equal((0, At(2, 9)), (OffUntil(At(0, 14), utc), OffUntil(At(0, 17.9), utc)));
        Passes(weeks: 17.5 / 168, to: 1.1);
        Assert.Equal((0, At(8, 9)), (OffUntil(At(7, 12), utc), OffUntil(At(7, 17.8), utc)));
        Assert.Equal(At(14, 9), OffUntil(At(11, 18.1), utc)); // Friday evening, and no Saturday had trade
    }

    [Fact]
    public void On_the_first_day_silence_is_believed_where_no_zone_says_that_it_is_night()
    {
        Passes(weeks: 0, to: 20.0 / 168);
        Assert.Equal((0, At(2, 9)), (OffUntil(At(0, 20), TerminalProfile.Unknown), OffUntil(At(0, 20), new(TimeZone: "UTC"))));
        Assert.Equal(0, OffUntil(At(0, 20), new(TimeZone: "America/Los_Angeles"))); // one in the afternoon
    }

    [Fact]
    public void In_its_first_eight_hours_it_is_believed_at_night_too()
    {
        for (var hour = 14; hour < 20; hour++) Hour(At(0, hour), trades: true); // tried out in the evening
        Assert.Equal(0, OffUntil(At(0, 20.1), new(TimeZone: "UTC")));
    }

    [Fact]
    public void What_never_trades_is_never_taken_for_closed()
    {
        for (var hour = 0; hour < 50; hour++) Hour(At(0, hour), trades: false);
        Assert.Equal(0, OffUntil(At(2, 2), new(TimeZone: "UTC")));
    }

    private long OffUntil(long atMs, TerminalProfile profile) => _hours.OffUntilMs(atMs, HourMs / 2, profile);

    private static OpeningHours Told(string text) => OpeningHours.TryRead(text, out var hours, out var wrong) ? hours : throw new ArgumentException(wrong, nameof(text));

    [Fact]
    public void A_clock_that_is_set_back_teaches_no_hour_twice()
    {
        Passes(weeks: 0, to: 3);
        var before = Saved();
        for (var hour = 0; hour < (3 * 168) - 1; hour++) Hour(At(0, hour), trades: true);
        Assert.Equal(before, Saved());
    }

    private byte[] Saved()
    {
        var to = new ArrayBufferWriter<byte>();
        var codec = new StateCodec(to);
        _hours.Codec(ref codec);
        return to.WrittenSpan.ToArray();
    }

    private static long At(int day, double hour) => Monday + (long)(((24 * day) + hour) * HourMs);

    private void Passes(double weeks, double to, int opens = 9, int closes = 18)
    {
        for (var hour = (int)(weeks * 168); hour < (int)(to * 168); hour++)
            Hour(At(0, hour), hour % 168 / 24 < 5 && hour % 24 >= opens && hour % 24 < closes);
    }

    private void Hour(long fromMs, bool trades, int quarters = 4)
    {
        for (var quarter = 0; quarter < quarters; quarter++)
            _hours.Hear(fromMs + (quarter * HourMs / 4), default(Growth) with { Approved = trades ? 1 : 0 });
    }
}
