namespace Fleet.Grains.Faults;

/// <summary>
/// How often a connection may drop: the fleet's norm. Raise both where terminals end their session after every report.
/// </summary>
public sealed record LinkFlappingLimits
{
    public double ReconnectsPerHourToRaise { get; init; } = 8;
    public double ReconnectsPerHourToClear { get; init; } = 3;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("LinkFlapping:ReconnectsPerHourToRaise", ReconnectsPerHourToRaise, 1, 10_000),
        .. FaultLimits.Range("LinkFlapping:ReconnectsPerHourToClear", ReconnectsPerHourToClear, 0.1, 10_000),
        .. FaultLimits.Below("LinkFlapping:ReconnectsPerHourToClear", ReconnectsPerHourToClear, "LinkFlapping:ReconnectsPerHourToRaise", ReconnectsPerHourToRaise),
    ];
}
