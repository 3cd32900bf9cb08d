namespace Fleet.Grains.Faults;

/// <summary>When hosts decline more payments with one code than they usually do here.</summary>
public sealed record DeclineLimits
{
    /// <summary>Share of a code among the payments of a terminal of which nothing is known yet.</summary>
    public double PriorShare { get; init; } = 0.01;

    /// <summary>How many payments the usual share remembers.</summary>
    public double MemoryPayments { get; init; } = 1000;

    /// <summary>No terminal may get used to a larger share of one code.</summary>
    public double LargestUsualShare { get; init; } = 0.10;

    /// <summary>The least share of one code that is a spike.</summary>
    public double SpikeShare { get; init; } = 0.25;

    /// <summary>How many times the usual share is a spike.</summary>
    public double SpikeRatio { get; init; } = 4;

    /// <summary>The fewest declines of a code that are a spike: more than two customers are who try a card three times.</summary>
    public int Declines { get; init; } = 7;

    /// <summary>How often usual declines may raise it, per payment.</summary>
    public double FalseAlarm { get; init; } = 1e-7;

    /// <summary>Chance that a spike is believed over while it goes on.</summary>
    public double Missed { get; init; } = 0.01;

    /// <summary>After so long without a decline of its code a spike is over.</summary>
    public TimeSpan QuietFor { get; init; } = TimeSpan.FromHours(2);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Declines:PriorShare", PriorShare, 0.0001, 0.1),
        .. FaultLimits.Range("Declines:MemoryPayments", MemoryPayments, 100, 1_000_000),
        .. FaultLimits.Range("Declines:LargestUsualShare", LargestUsualShare, 0.01, 0.15),
        .. FaultLimits.Range("Declines:SpikeShare", SpikeShare, 0.05, 0.9),
        .. FaultLimits.Range("Declines:SpikeRatio", SpikeRatio, 2, 6),
        .. FaultLimits.Range("Declines:Declines", Declines, 4, 100),
        .. FaultLimits.Range("Declines:FalseAlarm", FalseAlarm, 1e-12, 0.01),
        .. FaultLimits.Range("Declines:Missed", Missed, 1e-6, 0.1),
        .. FaultLimits.Range("Declines:QuietFor", QuietFor, TimeSpan.FromMinutes(5), TimeSpan.FromDays(7)),
        .. FaultLimits.Below("Declines:PriorShare", PriorShare, "Declines:LargestUsualShare", LargestUsualShare),
        .. FaultLimits.Below("Declines:LargestUsualShare", LargestUsualShare, "Declines:SpikeShare", SpikeShare),
    ];
}
