using System.Collections.Immutable;
using Fleet.Grains.Unusual;

namespace Fleet.Bench.Nab;

/// <summary>Series in which nothing ever happens: every alarm on them is false. Each is the same for the same seed.</summary>
/// <param name="Next">The next value, of the random numbers and the days since the beginning.</param>
internal sealed record StationarySeries(string Name, Func<Random, double, double> Next)
{
    /// <summary>The reading's smallest step, where the detector is told.</summary>
    public double? Resolution { get; init; }

    public TimeSpan Interval { get; init; } = UnusualLimits.DesignInterval;

    /// <summary>Each is made anew for each use: some remember their last value.</summary>
    public static ImmutableArray<Func<StationarySeries>> All { get; } =
    [
        () => new("white noise", (random, _) => 50 + Normal(random)),
        () => new("white noise, every minute", (random, _) => 50 + Normal(random)) { Interval = TimeSpan.FromMinutes(1) },
        () => Autoregressive(0.9),
        () => new("daily cycle and noise", (random, day) => 50 + (10 * Math.Sin(2 * Math.PI * day)) + Normal(random)),
        () => new("trading hours, counts", (random, day) => TradingHours(random, day)),
        () => new("flat, in whole numbers", (random, _) => Math.Round(20 + (0.16 * Normal(random)))),
        () => new("flat, one step in a thousand", (random, _) => random.NextDouble() < 0.001 ? 21 : 20),
        () => new("the same, resolution given", (random, _) => random.NextDouble() < 0.001 ? 21 : 20) { Resolution = 1 },
    ];

    /// <summary>One after the other, with the time of each in Unix milliseconds.</summary>
    public IEnumerable<(double Value, long AtMs)> Samples(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++) yield return (Next(random, i * Interval.TotalDays), i * (long)Interval.TotalMilliseconds);
    }

    public UnusualLimits Limits(UnusualLimits limits) => limits with { ReportInterval = Interval, Resolution = Resolution };

    /// <summary>About 30 receipts in five minutes from eight to eight, none at night.</summary>
    public static double TradingHours(Random random, double day) => day % 1 is > 8 / 24.0 and < 20 / 24.0 ? Math.Round(Math.Max(0, 30 + (6 * Normal(random)))) : 0;

    // Box and Muller.
    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static StationarySeries Autoregressive(double share)
    {
        var last = 0.0;
        return new("AR(1), 0.9", (random, _) => 50 + (last = (share * last) + Normal(random)));
    }
}
