namespace Fleet.Grains.Faults;

/// <summary>When a fault is the main board's.</summary>
public sealed record BoardLimits
{
    /// <summary>How long the printer's voltage is low on mains before that is a fault.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A print head's or adapter's fault that is back within so long has outlived what was done about it.</summary>
    public TimeSpan ReturnsWithin { get; init; } = TimeSpan.FromDays(14);

    /// <summary>So many returns in a row are no part's fault any more.</summary>
    public int Returns { get; init; } = 2;

    /// <summary>How long nothing of it is seen before the fault is gone.</summary>
    public TimeSpan ClearFor { get; init; } = TimeSpan.FromDays(3);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Board:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Board:ReturnsWithin", ReturnsWithin, TimeSpan.FromHours(1), TimeSpan.FromDays(365)),
        .. FaultLimits.Range("Board:Returns", Returns, 1, 20),
        .. FaultLimits.Range("Board:ClearFor", ClearFor, TimeSpan.FromMinutes(1), TimeSpan.FromDays(60)),
    ];
}
