namespace Fleet.Grains.Faults;

/// <summary>When it is one card that fails, and not the reader.</summary>
public sealed record BadCardLimits
{
    /// <summary>How often the card must fail.</summary>
    public int Failures { get; init; } = 3;

    /// <summary>How many good reads of others around it say that the reader works.</summary>
    public int GoodReads { get; init; } = 2;

    /// <summary>After so many good reads in a row the card is gone.</summary>
    public int GoodReadsToClear { get; init; } = 10;

    /// <summary>After so long without a failure the card is gone.</summary>
    public TimeSpan QuietFor { get; init; } = TimeSpan.FromMinutes(30);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("BadCard:Failures", Failures, 2, 100),
        .. FaultLimits.Range("BadCard:GoodReads", GoodReads, 1, 100),
        .. FaultLimits.Range("BadCard:GoodReadsToClear", GoodReadsToClear, 2, 1000),
        .. FaultLimits.Range("BadCard:QuietFor", QuietFor, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
        .. FaultLimits.Below("BadCard:GoodReads", GoodReads, "BadCard:GoodReadsToClear", GoodReadsToClear),
    ];
}
