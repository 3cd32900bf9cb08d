using Fleet.Grains.Faults;

namespace Fleet.Grains.Unusual;

/// <summary>
/// How <see cref="UnusualWatch"/> judges. The defaults were found by experiment for samples of five minutes, on the Numenta Anomaly
/// Benchmark and on series that stay as they are (docs/decisions/2026-11-25-unusual-for-this-terminal.md); none is fitted to
/// one series. What counts samples is multiplied by <see cref="Stretch"/> where reports come faster.
/// </summary>
public sealed record UnusualLimits
{
    /// <summary>For alerts: on series that stay as they are, measured by <c>fleet bench nab</c>, below one false alarm in 10,000 samples.</summary>
    public static UnusualLimits Fleet { get; } = new() { Threshold = 0.15, FloorSteps = 20 };

    /// <summary>The operating point of the Numenta Anomaly Benchmark: finds the most there, and is too talkative for a fleet.</summary>
    public static UnusualLimits Benchmark { get; } = new() { Threshold = 0.016, FloorSteps = 1 };

    /// <summary>
    /// How far out of its range, in widths of the range, a statistic must be for an alarm. 0.016 is the benchmark's, 0.15 the
    /// fleet's.
    /// </summary>
    public double Threshold { get; init; } = 0.15;

    /// <summary>The least width of a range, in steps of the reading's resolution: a flat reading that moves by fewer than this times <see cref="Threshold"/> steps is as usual.</summary>
    public double FloorSteps { get; init; } = 20;

    /// <summary>
    /// The reading's smallest step in its own unit, e.g. 1 for a signal in whole dBm. Null: learned, as the smallest step seen;
    /// then the first move of a reading that never moved is unusual however small it is.
    /// </summary>
    public double? Resolution { get; init; }

    /// <summary>How often the reading comes. Shorter than <see cref="DesignInterval"/> stretches what counts samples; longer leaves it, as in the benchmark, which has series by the half hour and the hour.</summary>
    public TimeSpan ReportInterval { get; init; } = DesignInterval;

    /// <summary>Time constant of the short mean, in samples.</summary>
    public double ShortSamples { get; init; } = 4;

    /// <summary>Time constant of the middle mean, whose range is that of slow drift.</summary>
    public double MiddleSamples { get; init; } = 100;

    /// <summary>Time constant of the long mean and of the mean deviation from it: three and a half days of five minutes.</summary>
    public double LongSamples { get; init; } = 1000;

    /// <summary>Time constant of the deviation from what is usual at this time of day.</summary>
    public double RhythmSamples { get; init; } = 16;

    /// <summary>Time constant of what is usual at this time of day, in samples of one half hour of the day: five days.</summary>
    public double HalfHourSamples { get; init; } = 30;

    /// <summary>Means move by at most this many mean deviations at once, so that one spike does not become what is usual.</summary>
    public double ClipDeviations { get; init; } = 6;

    /// <summary>How much of what lies outside is added to the range, so that the same once more is inside.</summary>
    public double Overshoot { get; init; } = 1.25;

    /// <summary>The share by which a range shrinks, in a sample, towards what its blocks of <see cref="BlockSamples"/> usually span.</summary>
    public double RelaxPerSample { get; init; } = 5e-5;

    /// <summary>Samples of one block.</summary>
    public int BlockSamples { get; init; } = 50;

    /// <summary>Samples after which a novelty counts half: at the beginning everything is new.</summary>
    public double WarmUpSamples { get; init; } = 300;

    /// <summary>How long novelties make further ones count less.</summary>
    public double HabituationSamples { get; init; } = 150;

    /// <summary>Samples without a word after an alarm.</summary>
    public int HoldOffSamples { get; init; } = 80;

    /// <summary>The interval that the sample counts are made for.</summary>
    public static TimeSpan DesignInterval => TimeSpan.FromMinutes(5);

    /// <summary>What sample counts are multiplied by: 1 at five minutes and above, 5 at one minute, at most 300.</summary>
    public double Stretch => Math.Clamp(DesignInterval / ReportInterval, 1, 300);

    /// <summary>One sentence for each setting that is out of its range, with its name and the values; empty where all is well.</summary>
    public IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Unusual:Threshold", Threshold, 0.001, 5),
        .. FaultLimits.Range("Unusual:FloorSteps", FloorSteps, 0, 10_000),
        .. FaultLimits.Range("Unusual:Resolution", Resolution ?? 0, 0, 1e12),
        .. FaultLimits.Range("Unusual:ReportInterval", ReportInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        .. FaultLimits.Range("Unusual:ShortSamples", ShortSamples, 1, MiddleSamples),
        .. FaultLimits.Range("Unusual:MiddleSamples", MiddleSamples, 1, LongSamples),
        .. FaultLimits.Range("Unusual:LongSamples", LongSamples, 1, 100_000),
        .. FaultLimits.Range("Unusual:RhythmSamples", RhythmSamples, 1, 10_000),
        .. FaultLimits.Range("Unusual:HalfHourSamples", HalfHourSamples, 1, 10_000),
        .. FaultLimits.Range("Unusual:ClipDeviations", ClipDeviations, 1, 1000),
        .. FaultLimits.Range("Unusual:Overshoot", Overshoot, 1, 10),
        .. FaultLimits.Range("Unusual:RelaxPerSample", RelaxPerSample, 0, 0.1),
        .. FaultLimits.Range("Unusual:BlockSamples", BlockSamples, 1, 100_000),
        .. FaultLimits.Range("Unusual:WarmUpSamples", WarmUpSamples, 0, 100_000),
        .. FaultLimits.Range("Unusual:HabituationSamples", HabituationSamples, 1, 100_000),
        .. FaultLimits.Range("Unusual:HoldOffSamples", HoldOffSamples, 0, 100_000),
    ];
}
