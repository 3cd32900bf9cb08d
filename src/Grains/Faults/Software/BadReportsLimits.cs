namespace Fleet.Grains.Faults;

/// <summary>When a terminal's counters cannot be believed.</summary>
public sealed record BadReportsLimits
{
    /// <summary>How long a reboot, crash or update may take to be told that explains a counter that went back, before or after it.</summary>
    public TimeSpan ExplainedWithin { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>So many a day that nothing explains are a fault; one reset is not, nor a reboot a night that is not counted.</summary>
    public double PerDayToRaise { get; init; } = 3;

    public double PerDayToClear { get; init; } = 0.5;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("BadReports:ExplainedWithin", ExplainedWithin, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("BadReports:PerDayToRaise", PerDayToRaise, 1, 1000),
        .. FaultLimits.Range("BadReports:PerDayToClear", PerDayToClear, 0.01, 1000),
        .. FaultLimits.Below("BadReports:PerDayToClear", PerDayToClear, "BadReports:PerDayToRaise", PerDayToRaise),
    ];
}
