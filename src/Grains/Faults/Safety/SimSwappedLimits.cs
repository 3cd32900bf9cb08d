namespace Fleet.Grains.Faults;

/// <summary>When another SIM card is nobody's plan.</summary>
public sealed record SimSwappedLimits
{
    /// <summary>A SIM that was in trouble for so long before is repaired by another one.</summary>
    public TimeSpan RepairAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>A SIM that stays so long is the terminal's own.</summary>
    public TimeSpan AcceptAfter { get; init; } = TimeSpan.FromDays(7);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("SimSwapped:RepairAfter", RepairAfter, TimeSpan.FromMinutes(5), TimeSpan.FromDays(7)),
        .. FaultLimits.Range("SimSwapped:AcceptAfter", AcceptAfter, TimeSpan.FromHours(1), TimeSpan.FromDays(365)),
    ];
}
