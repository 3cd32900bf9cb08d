namespace Fleet.Grains.Faults;

/// <summary>When a terminal's counters cannot be believed.</summary>
public sealed record BadReportsLimits
{
    /// <summary>How long a reboot, crash or update may take to be told that explains a counter that went back, before or after it.</summary>
    public TimeSpan ExplainedWithin { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>So many a day that nothing explains are a fault; one reset is not, nor a reboot a night that is not counted.</summary>
    public double PerDayToRaise { get; init; } = 3;

    /// <summary>So many refused payloads a day are a fault: a firmware that says something wrong says it again and again.</summary>
    public double RefusedPerDayToRaise { get; init; } = 10;

    /// <summary>At so few of either a day it is over.</summary>
    public double PerDayToClear { get; init; } = 0.5;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("BadReports:ExplainedWithin", ExplainedWithin, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("BadReports:PerDayToRaise", PerDayToRaise, 1, 1000),
        .. FaultLimits.Range("BadReports:RefusedPerDayToRaise", RefusedPerDayToRaise, 2, 100_000),
        .. FaultLimits.Range("BadReports:PerDayToClear", PerDayToClear, 0.01, 1000),
        .. FaultLimits.Below("BadReports:PerDayToClear", PerDayToClear, "BadReports:PerDayToRaise", PerDayToRaise),
    ];
}
