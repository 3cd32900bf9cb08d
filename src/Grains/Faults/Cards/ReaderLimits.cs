using System.Collections.Immutable;

namespace Fleet.Grains.Faults;

/// <summary>When a card reader fails too often.</summary>
public sealed record ReaderLimits
{
    /// <summary>Failed share of a reader of which nothing is known yet.</summary>
    public double PriorShare { get; init; } = 0.02;

    /// <summary>The same by model as the registry names it, where a model's readers are known to be better or worse.</summary>
    public ImmutableDictionary<string, double> PriorShareByModel { get; init; } = ImmutableDictionary<string, double>.Empty;

    /// <summary>How many reads that belief weighs.</summary>
    public double PriorReads { get; init; } = 100;

    /// <summary>How many reads the learned share remembers.</summary>
    public double MemoryReads { get; init; } = 2000;

    /// <summary>No reader may get used to failing more than this.</summary>
    public double LargestUsualShare { get; init; } = 0.10;

    /// <summary>The least failed share that is a fault.</summary>
    public double FaultShare { get; init; } = 0.20;

    /// <summary>How many times its usual share is a fault.</summary>
    public double FaultRatio { get; init; } = 4;

    /// <summary>How often a healthy reader may raise the fault, per read.</summary>
    public double FalseAlarm { get; init; } = 1e-6;

    /// <summary>Chance that a broken reader is believed healthy again.</summary>
    public double Missed { get; init; } = 0.01;

    /// <summary>How many different cards must have failed.</summary>
    public int Cards { get; init; } = 3;

    /// <summary>The fewest good reads that end the fault.</summary>
    public int GoodReadsToClear { get; init; } = 20;

    internal double PriorShareOf(string? model) => model is not null && PriorShareByModel.TryGetValue(model, out var share) ? share : PriorShare;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Reader:PriorShare", PriorShare, 0.001, 0.1),
        .. PriorShareByModel.SelectMany(prior => FaultLimits.Range($"Reader:PriorShareByModel:{prior.Key}", prior.Value, 0.001, 0.1)),
        .. FaultLimits.Range("Reader:PriorReads", PriorReads, 1, 10_000),
        .. FaultLimits.Range("Reader:MemoryReads", MemoryReads, 100, 1_000_000),
        .. FaultLimits.Range("Reader:LargestUsualShare", LargestUsualShare, 0.01, 0.15),
        .. FaultLimits.Range("Reader:FaultShare", FaultShare, 0.05, 0.5),
        .. FaultLimits.Range("Reader:FaultRatio", FaultRatio, 2, 6),
        .. FaultLimits.Range("Reader:FalseAlarm", FalseAlarm, 1e-12, 0.01),
        .. FaultLimits.Range("Reader:Missed", Missed, 1e-6, 0.1),
        .. FaultLimits.Range("Reader:Cards", Cards, 2, 100),
        .. FaultLimits.Range("Reader:GoodReadsToClear", GoodReadsToClear, 1, 1000),
        .. FaultLimits.Below("Reader:PriorShare", PriorShare, "Reader:LargestUsualShare", LargestUsualShare),
        .. PriorShareByModel.SelectMany(prior =>
            FaultLimits.Below($"Reader:PriorShareByModel:{prior.Key}", prior.Value, "Reader:LargestUsualShare", LargestUsualShare)),
    ];
}
