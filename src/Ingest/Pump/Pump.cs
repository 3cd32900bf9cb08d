using System.Threading.Channels;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// Works off one node's journal: rows from before a restart first, then what is committed now. Each row is decoded
/// once; its reports go to history, its inputs to the terminals' grains. Where a grain's silo is lost, everything
/// after the grains' mark is given once more, in order: the terminals drop what they know.
/// </summary>
internal sealed partial class Pump(
    JournalRows rows, Journal.Journal journal, HistoryFeed feed, Decoder decoder, long grainsMark, ILogger logger)
{
    private const int RowsAtOnce = 4;

    private long _applied = grainsMark, _mark = grainsMark;
    private int _replayAsked;

    /// <summary>Up to here every entry has been applied by its terminal.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>Up to here what was applied is persisted.</summary>
    public long Mark => Volatile.Read(ref _mark);

    public void Persisted(long position) => Volatile.Write(ref _mark, position);

    /// <summary>Something applied after the mark is lost: give it once more.</summary>
    public void AskReplay() => Volatile.Write(ref _replayAsked, 1);

    public async Task RunAsync(long lastFromBefore, CancellationToken stop)
    {
        await Replay(lastFromBefore, stop);
        Task<Delivery?> applying = Task.FromResult<Delivery?>(null);
        var position = lastFromBefore;
        await foreach (var batch in Batches(stop))
        {
            if (batch is null) { await Finish(applying, position, stop); continue; }
            var delivery = decoder.Decode(batch.Position, batch.Content);
            feed.Offer(batch.Position, delivery.Reports);
            IngestMetrics.Reports.Add(delivery.Reports.Count);
            // While the grains apply one row the next is decoded; a row is given out only when the one before is applied.
            await Finish(applying, position, stop);
            position = batch.Position;
            journal.Return(batch);
            applying = Apply(delivery);
        }
        await Finish(applying, position, stop);
    }

    /// <summary>Committed batches as they come, and null after each silence of a moment, so that the last one is finished and a replay not put off.</summary>
    private async IAsyncEnumerable<Batch?> Batches([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var batches = journal.CommittedBatches;
        while (true)
        {
            if (batches.TryRead(out var batch)) { yield return batch; continue; }
            yield return null;
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(stop);
            moment.CancelAfter(TimeSpan.FromMilliseconds(500));
            var open = true;
            try { open = await batches.WaitToReadAsync(moment.Token); }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested) { }
            if (!open) yield break;
        }
    }

    private async Task Finish(Task<Delivery?> applying, long position, CancellationToken stop)
    {
        var failed = await applying is not null;
        if (Interlocked.Exchange(ref _replayAsked, 0) == 1 || failed) await Replay(position, stop);
        else Volatile.Write(ref _applied, position);
    }

    /// <summary>Gives everything after the mark up to <paramref name="last"/> to the terminals, again and again until all is applied.</summary>
    private async Task Replay(long last, CancellationToken stop)
    {
        for (var attempt = 0; !await TryReplay(last, stop); attempt++)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2000, 100 << Math.Min(attempt, 5))), stop);
    }

    private async Task<bool> TryReplay(long last, CancellationToken stop)
    {
        var from = Mark;
        Volatile.Write(ref _applied, from);
        if (from >= last) return true;
        LogReplay(rows.Node, from + 1, last);
        try
        {
            for (var at = from; at < last;)
            {
                var waiting = await rows.ReadAsync(at, RowsAtOnce, stop);
                if (waiting.Count == 0) break; // cut already: persisted meanwhile
                foreach (var (position, batch) in waiting)
                {
                    if (position > last) return Done(last);
                    var delivery = decoder.Decode(position, batch, again: true);
                    IngestMetrics.Replayed.Add(delivery.Entries);
                    if (await Apply(delivery) is not null) return false;
                    Volatile.Write(ref _applied, at = position);
                }
            }
            return Done(last);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogReplayFailed(e, rows.Node);
            return false;
        }
    }

    private bool Done(long last)
    {
        Volatile.Write(ref _applied, last);
        return true;
    }

    /// <summary>Gives a delivery to its terminals; answers it back when one of them could not take it.</summary>
    private async Task<Delivery?> Apply(Delivery delivery)
    {
        var under = new List<Task>();
        foreach (var (to, inputs) in delivery.Inputs)
        {
            var applying = to.Grain.Apply(inputs);
            if (!applying.IsCompletedSuccessfully) under.Add(applying.AsTask());
        }
        try
        {
            await Task.WhenAll(under);
            return null;
        }
        catch (Exception e)
        {
            LogApplyFailed(rows.Node, under.Count(t => t.IsFaulted), e.Message);
            return delivery;
        }
    }

    [LoggerMessage(1301, LogLevel.Information, "Replaying the journal of {Node}, rows {From} to {Last}")]
    private partial void LogReplay(string node, long from, long last);

    [LoggerMessage(1302, LogLevel.Warning, "The replay of the journal of {Node} failed; starting it again")]
    private partial void LogReplayFailed(Exception e, string node);

    [LoggerMessage(1303, LogLevel.Warning, "Journal of {Node}: {Count} terminals could not take their reports ({Message}); replaying")]
    private partial void LogApplyFailed(string node, int count, string message);
}
