namespace Fleet.Grains.Faults;

/// <summary>When a wired terminal has lost its cable.</summary>
public sealed record NetworkCableLimits
{
    /// <summary>From which share of its link readings, newer ones weighing more, wired is its usual link.</summary>
    public double UsualShare { get; init; } = 0.8;

    /// <summary>How many readings the share forgets after; half of these must be there before it is believed.</summary>
    public int Readings { get; init; } = 100;

    /// <summary>How long it is on another link, or none, before it is a fault.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long it is wired again before the fault is gone.</summary>
    public TimeSpan ClearFor { get; init; } = TimeSpan.FromMinutes(2);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("NetworkCable:UsualShare", UsualShare, 0.5, 1),
        .. FaultLimits.Range("NetworkCable:Readings", Readings, 2, 10_000),
        .. FaultLimits.Range("NetworkCable:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("NetworkCable:ClearFor", ClearFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
    ];
}
