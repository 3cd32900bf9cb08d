namespace Fleet.Grains.Faults;

/// <summary>When a terminal does not start.</summary>
public sealed record NoStartLimits
{
    /// <summary>A run shorter than this counts for a boot loop.</summary>
    public TimeSpan ShortRun { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>So many starts after short runs are a boot loop; an update and a merchant who tries need fewer.</summary>
    public int Starts { get; init; } = 4;

    /// <summary>Charge on battery at which silence is an empty battery's, 0 to 1.</summary>
    public double LowCharge { get; init; } = 0.05;

    /// <summary>Voltage at which it is, V: of one lithium cell, which is what most terminals have.</summary>
    public double LowVolts { get; init; } = 3.4;

    /// <summary>How long before the last word power was seen low.</summary>
    public TimeSpan LowWithin { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long it runs before the fault is gone.</summary>
    public TimeSpan StableFor { get; init; } = TimeSpan.FromMinutes(15);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("NoStart:ShortRun", ShortRun, TimeSpan.FromSeconds(10), TimeSpan.FromHours(6)),
        .. FaultLimits.Range("NoStart:Starts", Starts, 2, 100),
        .. FaultLimits.Range("NoStart:LowCharge", LowCharge, 0, 0.5),
        .. FaultLimits.Range("NoStart:LowVolts", LowVolts, 0, 100),
        .. FaultLimits.Range("NoStart:LowWithin", LowWithin, TimeSpan.FromSeconds(10), TimeSpan.FromDays(7)),
        .. FaultLimits.Range("NoStart:StableFor", StableFor, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
    ];
}
