using System.Buffers;
using Fleet.Bench.Nab;
using Fleet.Grains.Terminals;
using Fleet.Grains.Unusual;

namespace Fleet.Grains_Tests.Unusual;

public sealed class UnusualTests
{
    private const int PerDay = 288;
    private static readonly UnusualLimits s_limits = UnusualLimits.Fleet;
    private readonly Random _random = new(7);
    private UnusualWatch _watch;
    private int _heard;

    [Fact]
    public void A_level_shift_is_unusual_and_soon_what_is_usual()
    {
        Assert.Empty(Alarms(3000, () => Noise(50), s_limits));

        var first = Alarms(100, () => Noise(62), s_limits);
        Assert.InRange(Assert.Single(first).After, 0, 1);

        Alarms(3000, () => Noise(62), s_limits); // other statistics of it may say so too
        Assert.Empty(Alarms(3000, () => Noise(62), s_limits));
        Assert.NotEmpty(Alarms(10, () => Noise(85), s_limits));
    }

    [Fact]
    public void A_spike_is_one_alarm_that_says_what_was_seen_and_what_is_usual()
    {
        Alarms(3000, () => Noise(50), s_limits);

        var verdict = Hear(80, s_limits)!.Value;

        Assert.True(verdict.IsAlarm);
        Assert.Equal((UnusualAspect.Level, 80.0), (verdict.Aspect, Math.Round(verdict.Seen, 3)));
        Assert.InRange(verdict.UsualFrom, 44, 48);
        Assert.InRange(verdict.UsualTo, 52, 57);
        Assert.Empty(Alarms(2000, () => Noise(50), s_limits));
    }

    [Fact]
    public void A_day_turned_round_is_unusual_to_a_low_threshold_though_every_value_of_it_was_seen()
    {
        var talkative = s_limits with { Threshold = 0.05 };
        Alarms(20 * PerDay, () => Noise(50 + (10 * Math.Sin(2 * Math.PI * Day))), talkative);

        var turned = Alarms(PerDay, () => Noise(50 - (10 * Math.Sin(2 * Math.PI * Day))), talkative);

        Assert.Equal(UnusualAspect.Rhythm, turned[0].Verdict.Aspect);
        Assert.InRange(turned[0].After, 0, 60);
    }

    [Fact]
    public void Days_of_trading_hours_are_as_usual_from_the_second_on()
    {
        Alarms(PerDay, () => StationarySeries.TradingHours(_random, Day), s_limits); // the first morning is new
        Assert.Empty(Alarms(40 * PerDay, () => StationarySeries.TradingHours(_random, Day), s_limits));
    }

    [Fact]
    public void A_flat_line_that_moves_by_one_step_of_its_resolution_is_as_usual()
    {
        var dbm = s_limits with { Resolution = 1 };
        Assert.Empty(Alarms(3000, () => -91, dbm));
        Assert.Empty(Alarms(10, () => -92, dbm));
        Assert.NotEmpty(Alarms(1, () => -110, dbm));
    }

    [Fact]
    public void Where_no_resolution_is_given_the_first_move_is_unusual_and_the_second_is_not()
    {
        Alarms(3000, () => 20, s_limits);
        Assert.NotEmpty(Alarms(1, () => 21, s_limits));
        Assert.Empty(Alarms(3000, () => 20, s_limits));
        Assert.Empty(Alarms(5, () => 22, s_limits));
        Assert.NotEmpty(Alarms(1, () => 60, s_limits));
    }

    [Fact]
    public void Where_nothing_happens_there_is_at_most_one_alarm_in_ten_thousand_samples()
    {
        foreach (var series in StationarySeries.All)
        {
            var alarms = 0;
            for (var seed = 101; seed <= 105; seed++)
            {
                var watch = default(UnusualWatch);
                var quiet = series();
                alarms += quiet.Samples(seed, 20_000).Count(sample => watch.Hear(sample.Value, sample.AtMs, quiet.Limits(UnusualLimits.Fleet)) is { IsAlarm: true });
            }
            Assert.True(alarms <= 10, $"{series().Name}: {alarms} alarms in 100,000 samples");
        }
    }

    [Fact]
    public void Saved_and_loaded_at_any_time_it_says_the_same()
    {
        var (straight, stored) = (default(UnusualWatch), default(UnusualWatch));
        for (var i = 0; i < 4000; i++)
        {
            var value = 120_000_000 + (1000 * Noise(i < 3000 ? 0 : 15));
            var atMs = i * 300_000L;
            if (_random.Next(20) == 0) stored = Loaded(Saved(stored));
            Assert.Equal(straight.Hear(value, atMs, s_limits), stored.Hear(value, atMs, s_limits));
        }
        Assert.Equal(Saved(straight), Saved(stored));
    }

    [Fact]
    public void A_copy_is_of_its_own()
    {
        Alarms(500, () => Noise(50), s_limits);
        var (before, copy) = (Saved(_watch), _watch);
        for (var i = 0; i < 100; i++) copy.Hear(1000, i * 300_000L, s_limits);
        Assert.Equal(before, Saved(_watch));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1e31)]
    public void What_is_no_number_is_refused_and_nothing_is_learned(double value)
    {
        Assert.Null(default(UnusualWatch).Hear(value, 0, s_limits));
        Alarms(500, () => Noise(50), s_limits);
        var before = Saved(_watch);
        Assert.Null(Hear(value, s_limits));
        Assert.Equal(before, Saved(_watch));
    }

    [Fact]
    public void The_largest_numbers_and_times_before_1970_leave_it_sane()
    {
        var watch = default(UnusualWatch);
        for (var i = 0; i < 2000; i++)
        {
            var score = watch.Hear(_random.Next(3) switch { 0 => 1e30, 1 => -1e30, _ => 0 }, i * -300_000L, s_limits)!.Value.Score;
            Assert.InRange(score, 0, 1);
        }
    }

    [Fact]
    public void A_reading_takes_less_than_half_a_kibibyte()
    {
        Alarms(2 * PerDay, () => Noise(50), s_limits);
        Assert.InRange(UnusualWatch.StateBytes, 1, 448);
        Assert.InRange(Saved(_watch).Length, 1, 448);
    }

    [Fact]
    public void Sample_counts_stretch_with_the_report_interval()
    {
        Assert.Equal(1, UnusualLimits.Fleet.Stretch);
        Assert.Equal(1, (UnusualLimits.Fleet with { ReportInterval = TimeSpan.FromHours(1) }).Stretch);
        Assert.Equal(5, (UnusualLimits.Fleet with { ReportInterval = TimeSpan.FromMinutes(1) }).Stretch);
    }

    [Fact]
    public void Limits_out_of_range_are_named()
    {
        Assert.Empty(UnusualLimits.Fleet.Check().Concat(UnusualLimits.Benchmark.Check()));
        var wrong = new UnusualLimits { Threshold = 0, ReportInterval = TimeSpan.Zero, Resolution = -1, MiddleSamples = 5000 };
        Assert.Equal(
            ["Faults:Unusual:Threshold", "Faults:Unusual:Resolution", "Faults:Unusual:ReportInterval", "Faults:Unusual:MiddleSamples"],
            wrong.Check().Select(line => line.Split(' ')[0]));
    }

    private double Day => (double)_heard / PerDay;

    private double Noise(double around) => around + StationarySeries.Normal(_random);

    private UnusualVerdict? Hear(double value, UnusualLimits limits) => _watch.Hear(value, _heard++ * 300_000L, limits);

    /// <summary>Those of the next samples that are alarms, and how many came before each.</summary>
    private List<(int After, UnusualVerdict Verdict)> Alarms(int samples, Func<double> next, UnusualLimits limits)
    {
        var alarms = new List<(int, UnusualVerdict)>();
        for (var i = 0; i < samples; i++)
        {
            if (Hear(next(), limits) is { IsAlarm: true } alarm) alarms.Add((i, alarm));
        }
        return alarms;
    }

    private static byte[] Saved(UnusualWatch watch)
    {
        var to = new ArrayBufferWriter<byte>();
        var codec = new StateCodec(to);
        watch.Codec(ref codec);
        return to.WrittenSpan.ToArray();
    }

    private static UnusualWatch Loaded(byte[] saved)
    {
        var codec = new StateCodec(saved);
        var watch = default(UnusualWatch);
        watch.Codec(ref codec);
        Assert.True(codec.Rest.IsEmpty);
        return watch;
    }
}
