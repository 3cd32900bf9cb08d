namespace Fleet.Grains.Faults;

/// <summary>When free memory or storage is too little. What a terminal has in all is not told, so thresholds are bytes.</summary>
public sealed record FreeSpaceLimits
{
    internal static FreeSpaceLimits Memory { get; } = new() { LowBytes = 64_000_000, CriticalBytes = 16_000_000, ClearBytes = 96_000_000, HoldFor = TimeSpan.FromMinutes(10) };
    internal static FreeSpaceLimits Storage { get; } = new() { LowBytes = 200_000_000, CriticalBytes = 50_000_000, ClearBytes = 300_000_000, HoldFor = TimeSpan.FromMinutes(30) };

    /// <summary>Less than this is low, where it has fallen.</summary>
    public long LowBytes { get; init; }

    /// <summary>Less than this is low even where it never was more.</summary>
    public long CriticalBytes { get; init; }

    /// <summary>From this on it is enough again.</summary>
    public long ClearBytes { get; init; }

    /// <summary>It has fallen where it is below this share of what is usual.</summary>
    public double FallenShare { get; init; } = 0.8;

    /// <summary>How long it is low before it is a fault, and enough before that is gone.</summary>
    public TimeSpan HoldFor { get; init; }

    internal IEnumerable<string> Check(string name) =>
    [
        .. FaultLimits.Range($"{name}:LowBytes", LowBytes, 0, 1L << 50),
        .. FaultLimits.Range($"{name}:CriticalBytes", CriticalBytes, 0, LowBytes),
        .. FaultLimits.Below($"{name}:LowBytes", LowBytes, $"{name}:ClearBytes", ClearBytes),
        .. FaultLimits.Range($"{name}:FallenShare", FallenShare, 0.05, 1),
        .. FaultLimits.Range($"{name}:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(7)),
    ];
}
