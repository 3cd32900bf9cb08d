namespace Fleet.Grains.Faults;

/// <summary>When a terminal crashes or restarts too often.</summary>
public sealed record SystemFaultLimits
{
    /// <summary>Crashes and reboots a day that a terminal of which little is known may have.</summary>
    public double UsualPerDay { get; init; } = 0.2;

    /// <summary>How improbable so many must be by chance, at the terminal's own usual rate.</summary>
    public double MostChance { get; init; } = 1e-4;

    /// <summary>Fewer than this in a day are no fault, however rare they usually are.</summary>
    public double FewestPerDay { get; init; } = 5;

    /// <summary>With no more than this in a day the fault is gone.</summary>
    public double PerDayToClear { get; init; } = 2;

    /// <summary>Reboots so long after another version was first reported belong to the update.</summary>
    public TimeSpan UpdateFor { get; init; } = TimeSpan.FromHours(1);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("SystemFault:UsualPerDay", UsualPerDay, 0.001, 100),
        .. FaultLimits.Range("SystemFault:MostChance", MostChance, 1e-12, 0.1),
        .. FaultLimits.Range("SystemFault:FewestPerDay", FewestPerDay, 1, 1000),
        .. FaultLimits.Range("SystemFault:PerDayToClear", PerDayToClear, 0.1, 1000),
        .. FaultLimits.Range("SystemFault:UpdateFor", UpdateFor, TimeSpan.Zero, TimeSpan.FromDays(7)),
        .. FaultLimits.Below("SystemFault:PerDayToClear", PerDayToClear, "SystemFault:FewestPerDay", FewestPerDay),
    ];
}
