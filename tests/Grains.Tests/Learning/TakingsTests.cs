using System.Buffers;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Learning;

/// <summary>A shop that trades from 8 to 18 UTC on weekdays, with a rush from 12 to 14; its terminal reports every ten minutes, day and night.</summary>
public sealed class TakingsTests
{
    private const long HourMs = 3_600_000, TenMinutesMs = HourMs / 6;

    /// <summary>Monday, 21 September 2026, 00:00 UTC.</summary>
    private static readonly long Monday = new DateTimeOffset(2026, 9, 21, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly Random _chance = new(20_261_129);
    private TradingHours _hours;
    private Takings _takings;

    [Fact]
    public void Nothing_is_usual_until_two_weeks_have_shown_when_the_shop_trades()
    {
        Passes(days: 0, to: 13, Sales);
        Assert.Null(_takings.PaymentsByHour(_hours));
        Assert.Empty(_takings.Evidence(At(11, 12), _hours));
        Passes(days: 13, to: 15, Sales);
        Assert.NotNull(_takings.PaymentsByHour(_hours));
    }

    [Fact]
    public void What_an_hour_usually_takes_is_known_by_the_time_of_the_day_and_is_nothing_while_the_shop_is_closed()
    {
        Passes(days: 0, to: 28, Sales);
        Assert.Equal([0, 6, 6, 12, 6, 0, 0], new[] { At(28, 7.5), At(28, 8), At(28, 11.9), At(28, 12), At(28, 17), At(28, 18), At(33, 12) }
            .Select(atMs => Math.Round(_takings.PaymentsPerHour(atMs, _hours) ?? -1)));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 12, 12, 6, 6, 6, 6, 0, 0, 0, 0, 0, 0], _takings.PaymentsByHour(_hours)!.Select(payments => Math.Round(payments)));
    }

    [Fact]
    public void Where_the_register_tells_the_hours_a_week_is_enough()
    {
        var told = OpeningHours.TryRead("Mo-Fr 08:00-18:00", out var hours, out _) ? hours : null;
        _hours.BeTold(new(TimeZone: "UTC", Hours: told), Monday);
        Assert.Null(_takings.PaymentsByHour(_hours));
        Passes(days: 0, to: 5, Sales);
        Assert.Equal(12, Math.Round(_takings.PaymentsPerHour(At(7, 12), _hours)!.Value));
    }

    [Fact]
    public void Customers_who_come_by_chance_are_counted_to_within_a_fifth()
    {
        // As many in an hour on average as in the steady shop, in random ten minutes.
        Passes(days: 0, to: 42, atMs => Enumerable.Range(0, 12).Count(_ => _chance.Next(12) < Sales(atMs)));
        for (var hour = 8; hour < 18; hour++)
            Assert.InRange(_takings.PaymentsPerHour(At(42, hour), _hours)!.Value / (6 * Sales(At(42, hour))), 0.8, 1.2);
    }

    [Fact]
    public void Trade_that_doubles_or_halves_is_followed_within_weeks()
    {
        Passes(days: 0, to: 28, Sales);
        Passes(days: 28, to: 70, atMs => 2 * Sales(atMs));
        Assert.InRange(_takings.PaymentsPerHour(At(70, 12), _hours)!.Value, 21, 24.5);
        Passes(days: 70, to: 112, Sales);
        Assert.InRange(_takings.PaymentsPerHour(At(112, 12), _hours)!.Value, 11.5, 15);
    }

    [Fact]
    public void An_outage_does_not_make_itself_look_cheap()
    {
        Passes(days: 0, to: 28, Sales);
        var before = _takings.PaymentsByHour(_hours);
        // Every day the terminal dies in the rush, and its last word of the day is heard at ten past twelve.
        for (var day = 28; day < 42; day++)
            for (var atMs = At(day, 8); atMs < At(day, 12.3); atMs += TenMinutesMs) Reports(atMs, Sales);
        Assert.Equal(before!.Select(payments => Math.Round(payments)), _takings.PaymentsByHour(_hours)!.Select(payments => Math.Round(payments)));
    }

    [Fact]
    public void An_hour_in_which_a_counter_went_back_teaches_nothing()
    {
        Passes(days: 0, to: 28, Sales);
        var before = _takings.PaymentsPerHour(At(28, 12), _hours);
        for (var day = 28; day < 42; day++)
        {
            for (var atMs = At(day, 8); atMs < At(day, 18); atMs += TenMinutesMs)
                if (atMs == At(day, 12.5) || atMs == At(day, 13)) Hear(atMs, default(Growth) with { Approved = 5000, Amount = 5000 * 999, WentBack = true });
                else Reports(atMs, Sales);
        }
        Assert.Equal((before, 250), (_takings.PaymentsPerHour(At(42, 12), _hours), _takings.PerPayment));
    }

    [Fact]
    public void What_is_sold_while_the_clock_is_set_back_is_of_no_hour()
    {
        Passes(days: 0, to: 28 + (12.5 / 24), Sales);
        var before = _takings.PaymentsPerHour(At(28, 12), _hours);
        Passes(days: 14, to: 15, _ => 50);
        Passes(days: 28 + (12.5 / 24), to: 28 + (13.2 / 24), Sales);
        Assert.Equal(before, _takings.PaymentsPerHour(At(28, 12), _hours));
    }

    [Fact]
    public void What_an_hour_costs_is_evidence_and_payments_approved_together_late_do_not_make_them_small()
    {
        Passes(days: 0, to: 28, Sales);
        Hear(At(28, 0), default(Growth) with { Approved = 100, Amount = 250 }); // 99 of them were sold while the host was away
        var evidence = _takings.Evidence(At(28, 12), _hours);
        Assert.Equal(["usualPaymentsPerHour", "usualAmountPerHour"], evidence.Select(piece => piece.Name));
        Assert.InRange(evidence[0].Number!.Value, 11.5, 12.5);
        Assert.InRange(evidence[1].Number!.Value / evidence[0].Number!.Value, 240, 250);
    }

    [Fact]
    public void Stored_and_read_it_is_the_same()
    {
        Passes(days: 0, to: 27.43, Sales);
        var (stored, read) = (Stored(_takings), default(Takings));
        Assert.InRange(stored.Length, 18, 22);
        var codec = new StateCodec(stored);
        read.Codec(ref codec);
        Assert.Equal(stored, Stored(read));
        Assert.Equal(_takings.PaymentsByHour(_hours), read.PaymentsByHour(_hours));
    }

    private static byte[] Stored(Takings takings)
    {
        var to = new ArrayBufferWriter<byte>();
        var codec = new StateCodec(to);
        takings.Codec(ref codec);
        return to.WrittenSpan.ToArray();
    }

    private static long At(int day, double hour) => Monday + (long)(((24 * day) + hour) * HourMs);

    /// <summary>In ten minutes.</summary>
    private static int Sales(long atMs) => (At(0, 0) <= atMs ? (atMs - Monday) / HourMs : 0) switch
    {
        var hour when hour / 24 % 7 >= 5 || hour % 24 is < 8 or >= 18 => 0,
        var hour => hour % 24 is 12 or 13 ? 2 : 1,
    };

    private void Passes(double days, double to, Func<long, int> sales)
    {
        for (var atMs = At(0, 24 * days); atMs < At(0, 24 * to); atMs += TenMinutesMs) Reports(atMs, sales);
    }

    /// <summary>What was sold in the ten minutes before.</summary>
    private void Reports(long atMs, Func<long, int> sales)
    {
        var sold = sales(atMs - 1);
        Hear(atMs - 1, default(Growth) with { Approved = sold, Amount = sold * 250 });
    }

    private void Hear(long atMs, in Growth growth)
    {
        _takings.Hear(atMs, growth, _hours);
        _hours.Hear(atMs, growth);
    }
}
