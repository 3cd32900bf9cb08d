namespace Fleet.Grains.Faults;

/// <summary>When a SIM that is not ready is a fault.</summary>
public sealed record SimFaultLimits
{
    /// <summary>How long it is not ready before it is a fault: a modem that starts does not see its SIM at once.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it is ready before the fault is gone.</summary>
    public TimeSpan ClearFor { get; init; } = TimeSpan.FromSeconds(60);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("SimFault:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("SimFault:ClearFor", ClearFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
    ];
}
