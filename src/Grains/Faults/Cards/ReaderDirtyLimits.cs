namespace Fleet.Grains.Faults;

/// <summary>When a reader that fails more from day to day wants cleaning.</summary>
public sealed record ReaderDirtyLimits
{
    /// <summary>How many times its usual failed share is a dirty reader's; below what is a fault.</summary>
    public double Ratio { get; init; } = 2.5;

    /// <summary>The least failed share that is a dirty reader's.</summary>
    public double LeastShare { get; init; } = 0.03;

    /// <summary>How many days the usual share remembers.</summary>
    public double MemoryDays { get; init; } = 60;

    /// <summary>How many reads it takes to know what is usual: of half as many a lucky few failures make the usual look dirty ever after.</summary>
    public double ReadsToKnow { get; init; } = 600;

    /// <summary>So many standard deviations of what was learned as usual are taken to be usual.</summary>
    public double Doubt { get; init; } = 1;

    /// <summary>The fewest days that can show it: no single day counts for more than its part.</summary>
    public int Days { get; init; } = 3;

    /// <summary>
    /// How often a clean reader may raise it, per day: Lorden's bound. With <see cref="Doubt"/> at 1 it is less: in a
    /// simulation of 2 % and a hundred reads a day never in 45,000 days, and in the first weeks of sixty reads a day 0.00024.
    /// </summary>
    public double FalseAlarm { get; init; } = 1e-3;

    /// <summary>Chance that a dirty reader is believed clean again.</summary>
    public double Missed { get; init; } = 0.01;

    /// <summary>How long before a reader may be dirty its cleaning is proposed.</summary>
    public TimeSpan ForeseeWithin { get; init; } = TimeSpan.FromDays(7);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("ReaderDirty:ForeseeWithin", ForeseeWithin, TimeSpan.Zero, TimeSpan.FromDays(60)),
        .. FaultLimits.Range("ReaderDirty:Ratio", Ratio, 1.2, 5),
        .. FaultLimits.Range("ReaderDirty:LeastShare", LeastShare, 0.006, 0.2),
        .. FaultLimits.Range("ReaderDirty:MemoryDays", MemoryDays, 7, 365),
        .. FaultLimits.Range("ReaderDirty:ReadsToKnow", ReadsToKnow, 50, 10_000),
        .. FaultLimits.Range("ReaderDirty:Doubt", Doubt, 0, 4),
        .. FaultLimits.Range("ReaderDirty:Days", Days, 2, 30),
        .. FaultLimits.Range("ReaderDirty:FalseAlarm", FalseAlarm, 1e-12, 0.01),
        .. FaultLimits.Range("ReaderDirty:Missed", Missed, 1e-6, 0.1),
    ];
}
