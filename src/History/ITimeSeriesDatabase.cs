namespace Fleet.History;

/// <summary>The wall to the time-series database.</summary>
internal interface ITimeSeriesDatabase
{
    /// <summary>
    /// Writes whole lines. What goes wrong is an outcome; only cancellation throws. Writing lines twice is harmless:
    /// a point is its measurement, tags and time.
    /// </summary>
    Task<WriteOutcome> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken stop);
}

internal enum WriteResult : byte
{
    /// <summary>Every line is stored.</summary>
    Accepted,
    /// <summary>Some lines are refused for good, the others are stored.</summary>
    PartlyRefused,
    /// <summary>Nothing is known to be stored; trying again can help.</summary>
    RetryLater,
    /// <summary>The lines as a whole were refused and nothing is stored: some of them are bad, or they are too many at once.</summary>
    Refused,
}

/// <param name="RefusedLines">How many lines the database said it refused; of a mixture it may name fewer than there were.</param>
/// <param name="Reason">In the database's words.</param>
/// <param name="After">How long the database asks to be left alone.</param>
/// <param name="NeedsOperator">It will not get better by itself: credentials, a missing database, a wrong address.</param>
internal readonly record struct WriteOutcome(
    WriteResult Result, int RefusedLines = 0, string? Reason = null, TimeSpan? After = null, bool NeedsOperator = false)
{
    public static WriteOutcome Accepted => default;
    public static WriteOutcome PartlyRefused(int lines, string reason) => new(WriteResult.PartlyRefused, lines, reason);
    public static WriteOutcome Refused(int lines, string reason) => new(WriteResult.Refused, lines, reason);
    public static WriteOutcome RetryLater(string reason, TimeSpan? after = null) => new(WriteResult.RetryLater, 0, reason, after);
    public static WriteOutcome Blocked(string reason) => new(WriteResult.RetryLater, 0, reason, NeedsOperator: true);
}

/// <summary>Takes everything and keeps nothing: the whole way is paid, for benchmarks.</summary>
internal sealed class NullDatabase : ITimeSeriesDatabase
{
    public Task<WriteOutcome> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken stop) => Task.FromResult(WriteOutcome.Accepted);
}
