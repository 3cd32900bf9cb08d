namespace Fleet.Grains.Faults;

/// <summary>When a terminal that was tampered with is believed again.</summary>
public sealed record TamperLimits
{
    /// <summary>How long it must say that nothing is wrong: whoever opens a terminal also knows how to close it.</summary>
    public TimeSpan ClearAfter { get; init; } = TimeSpan.FromDays(7);

    internal IEnumerable<string> Check() => FaultLimits.Range("Tamper:ClearAfter", ClearAfter, TimeSpan.Zero, TimeSpan.FromDays(365));
}
