namespace Fleet.Grains.Faults;

/// <summary>When a battery will not last, and when it is worn.</summary>
public sealed record BatteryLimits
{
    /// <summary>Above this charge (0 to 1) nobody is bothered, whatever the forecast says.</summary>
    public double LowCharge { get; init; } = 0.25;

    /// <summary>From this charge on it is low no more.</summary>
    public double EnoughCharge { get; init; } = 0.4;

    /// <summary>At this charge a terminal switches itself off.</summary>
    public double ShutOffCharge { get; init; } = 0.03;

    /// <summary>How long it is low, or on mains again, before that is believed.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many hours a full charge lasts, of a terminal that was not seen to use one.</summary>
    public double UsualHours { get; init; } = 8;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Battery:LowCharge", LowCharge, 0.05, 0.9),
        .. FaultLimits.Range("Battery:EnoughCharge", EnoughCharge, 0.06, 1),
        .. FaultLimits.Range("Battery:ShutOffCharge", ShutOffCharge, 0, 0.2),
        .. FaultLimits.Range("Battery:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromHours(1)),
        .. FaultLimits.Range("Battery:UsualHours", UsualHours, 0.5, 200),
        .. FaultLimits.Below("Battery:LowCharge", LowCharge, "Battery:EnoughCharge", EnoughCharge),
        .. FaultLimits.Below("Battery:ShutOffCharge", ShutOffCharge, "Battery:LowCharge", LowCharge),
    ];
}
