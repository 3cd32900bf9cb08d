namespace Fleet.Grains.Faults;

/// <summary>When a terminal's clock is wrong.</summary>
public sealed record ClockWrongLimits
{
    /// <summary>Off by this much it is wrong: tickets and certificates begin to be refused.</summary>
    public TimeSpan OffToRaise { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan OffToClear { get; init; } = TimeSpan.FromMinutes(2);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("ClockWrong:OffToRaise", OffToRaise, TimeSpan.FromSeconds(20), TimeSpan.FromDays(1)),
        .. FaultLimits.Range("ClockWrong:OffToClear", OffToClear, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
        .. FaultLimits.Below("ClockWrong:OffToClear", OffToClear, "ClockWrong:OffToRaise", OffToRaise),
    ];
}
