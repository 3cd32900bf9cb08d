namespace Fleet.Grains.Faults;

/// <summary>When a signal is weak for too long, and when it is good again.</summary>
public sealed record WeakSignalLimits
{
    /// <summary>How long the signal is weak before it is a fault.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long it is good, with margin, before the fault is gone.</summary>
    public TimeSpan ClearFor { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Readings further apart than this say nothing about the time between them.</summary>
    public TimeSpan MaxGap { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How far above the weak classes RSRP (LTE) or RSSI (GSM) must be to count as good.</summary>
    public double DbmMargin { get; init; } = 3;

    /// <summary>How far above the weak classes SNR must be to count as good.</summary>
    public double SnrDbMargin { get; init; } = 1;

    /// <summary>So many dB below what its place usually gives are the terminal's own: at a fixed place a reading swings by less for long.</summary>
    public double FallDb { get; init; } = 15;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("WeakSignal:FallDb", FallDb, 3, 60),
        .. FaultLimits.Range("WeakSignal:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("WeakSignal:ClearFor", ClearFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("WeakSignal:MaxGap", MaxGap, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        .. FaultLimits.Range("WeakSignal:DbmMargin", DbmMargin, 0, 20),
        .. FaultLimits.Range("WeakSignal:SnrDbMargin", SnrDbMargin, 0, 20),
    ];
}
