using Microsoft.Extensions.Logging;

namespace Fleet.History;

/// <summary>One writer: takes batches from the queue and writes each until the database has accepted or refused every line.</summary>
internal sealed class WriteLoop(
    PointQueue queue, ITimeSeriesDatabase database, Backoff backoff, HistoryHealth health, TimeProvider time, ILogger log)
{
    /// <summary>Ends when the queue is completed and empty, or at once when <paramref name="stop"/> is cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (await queue.NextAsync(stop) is { } batch)
        {
            try
            {
                await WriteAsync(batch.Lines, batch.LineCount, stop);
            }
            catch
            {
                queue.Abandon(batch);
                throw;
            }
            HistoryMetrics.Batches.Add(1);
            queue.Settle(batch);
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> lines, int count, CancellationToken stop)
    {
        var outcome = await WriteUntilAnsweredAsync(lines, stop);
        var refused = Math.Min(outcome.RefusedLines, count);
        if (outcome.Result == WriteResult.Refused && refused < count && count > 1)
        {
            // Halves of halves: only the bad lines end up refused, at log2(lines) writes for each of them.
            var (half, halfCount) = Half(lines.Span, count);
            await WriteAsync(lines[..half], halfCount, stop);
            await WriteAsync(lines[half..], count - halfCount, stop);
            return;
        }
        if (outcome.Result == WriteResult.Refused) refused = count;
        if (outcome.Result != WriteResult.Accepted) health.Refused(refused, outcome.Reason);
        HistoryMetrics.Accepted(count - refused);
    }

    private async Task<WriteOutcome> WriteUntilAnsweredAsync(ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        for (var failures = 1; ; failures++)
        {
            var outcome = await TryWriteAsync(lines, stop);
            if (outcome.Result != WriteResult.RetryLater)
            {
                health.Written();
                return outcome;
            }
            var wait = backoff.After(failures, Random.Shared.NextDouble(), outcome.After);
            health.Failed(outcome, wait);
            await Task.Delay(wait, time, stop);
        }
    }

    private async Task<WriteOutcome> TryWriteAsync(ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        var begun = time.GetTimestamp();
        try
        {
            return await database.WriteAsync(lines, stop);
        }
#pragma warning disable CA1031 // a bug in one write must not end the history
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            HistoryLog.Unforeseen(log, exception);
            return WriteOutcome.RetryLater(exception.Message);
        }
#pragma warning restore CA1031
        finally
        {
            HistoryMetrics.WriteDuration.Record(time.GetElapsedTime(begun).TotalSeconds);
        }
    }

    private static (int Bytes, int Lines) Half(ReadOnlySpan<byte> lines, int count)
    {
        var bytes = 0;
        for (var line = 0; line < count / 2; line++) bytes += lines[bytes..].IndexOf((byte)'\n') + 1;
        return (bytes, count / 2);
    }
}
