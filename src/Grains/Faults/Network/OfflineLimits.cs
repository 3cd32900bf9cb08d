namespace Fleet.Grains.Faults;

/// <summary>When silence is a fault.</summary>
public sealed record OfflineLimits
{
    /// <summary>How many of its own intervals a terminal may miss.</summary>
    public int Intervals { get; init; } = 3;

    /// <summary>The least silence that is a fault.</summary>
    public TimeSpan Shortest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The interval of a terminal that names none.</summary>
    public TimeSpan UsualInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>So long after the shop usually opens, and before it closes, its terminals may still, or already, be switched off.</summary>
    public TimeSpan TradingMargin { get; init; } = TimeSpan.FromMinutes(30);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Offline:Intervals", Intervals, 2, 100),
        .. FaultLimits.Range("Offline:Shortest", Shortest, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. FaultLimits.Range("Offline:UsualInterval", UsualInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        .. FaultLimits.Range("Offline:TradingMargin", TradingMargin, TimeSpan.Zero, TimeSpan.FromHours(2)),
    ];
}
