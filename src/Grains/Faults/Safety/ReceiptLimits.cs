namespace Fleet.Grains.Faults;

/// <summary>When receipts and payments do not match.</summary>
public sealed record ReceiptLimits
{
    /// <summary>How many payments are judged together: one whose receipt is printed after the report weighs little among them.</summary>
    public int PaymentsOfBatch { get; init; } = 50;

    /// <summary>How many batches teach what is usual before any is judged.</summary>
    public int BatchesToLearn { get; init; } = 6;

    /// <summary>How many batches the usual remembers.</summary>
    public int MemoryBatches { get; init; } = 30;

    /// <summary>The least variance of receipts against what is usual, as a share of the receipts expected; 1 is Poisson's.</summary>
    public double LeastDispersion { get; init; } = 0.1;

    /// <summary>Departure of a batch that is still nothing, in standard deviations.</summary>
    public double Slack { get; init; } = 1;

    /// <summary>No batch departs by more standard deviations: it takes several.</summary>
    public double LargestDeparture { get; init; } = 4;

    /// <summary>
    /// Sum of departures beyond the slack that is the fault. A terminal as usual reaches it once in about
    /// (exp(2k(h + 1.166)) − 1 − 2k(h + 1.166)) / 2k² batches, of k the slack and h this (Siegmund, Sequential Analysis,
    /// 1985): once in 46 million.
    /// </summary>
    public double Departures { get; init; } = 8;

    /// <summary>After so many batches a new habit is the usual one.</summary>
    public int BatchesToAccept { get; init; } = 20;

    /// <summary>After so many batches as usual it is over.</summary>
    public int BatchesToClear { get; init; } = 3;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Receipts:PaymentsOfBatch", PaymentsOfBatch, 10, 10_000),
        .. FaultLimits.Range("Receipts:BatchesToLearn", BatchesToLearn, 3, 100),
        .. FaultLimits.Range("Receipts:MemoryBatches", MemoryBatches, 10, 1000),
        .. FaultLimits.Range("Receipts:LeastDispersion", LeastDispersion, 0.01, 1),
        .. FaultLimits.Range("Receipts:Slack", Slack, 0.25, 3),
        .. FaultLimits.Range("Receipts:LargestDeparture", LargestDeparture, 2, 10),
        .. FaultLimits.Range("Receipts:Departures", Departures, 3, 50),
        .. FaultLimits.Range("Receipts:BatchesToAccept", BatchesToAccept, 5, 200),
        .. FaultLimits.Range("Receipts:BatchesToClear", BatchesToClear, 1, 50),
        .. FaultLimits.Below("Receipts:Slack", Slack, "Receipts:LargestDeparture", LargestDeparture),
        .. FaultLimits.Below("Receipts:BatchesToClear", BatchesToClear, "Receipts:BatchesToAccept", BatchesToAccept),
    ];
}
