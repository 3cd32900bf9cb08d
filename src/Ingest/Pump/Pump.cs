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
    JournalRows rows, Journal.Journal journal, HistoryFeed feed, Decoder decoder, Delivering delivering, long grainsMark, ILogger logger)
{
    private long _applied = grainsMark, _mark = grainsMark;
    private readonly Delivery _replayed = new();
    private int _replayAsked;

    /// <summary>Up to here every entry has been applied by its terminal.</summary>
    public long Applied => Volatile.Read(ref _replayAsked) == 1 ? Mark : Volatile.Read(ref _applied); // what is lost and asked for counts as not applied

    /// <summary>Up to here what was applied is persisted.</summary>
    public long Mark => Volatile.Read(ref _mark);

    public void Persisted(long position)
    {
        if (position > _mark) Volatile.Write(ref _mark, position); // one caller
    }

    /// <summary>Something applied after the mark is lost: give it once more.</summary>
    public void AskReplay() => Volatile.Write(ref _replayAsked, 1);

    public async Task RunAsync(long lastFromBefore, CancellationToken stop)
    {
        await Replay(lastFromBefore, stop);
        var applying = Task.FromResult(true);
        var position = lastFromBefore;
        var (decoding, delivery) = (new Delivery(), new Delivery());
        await foreach (var batch in Batches(stop))
        {
            if (batch is null) { applying = await Finish(applying, position, stop); continue; }
            decoder.Decode(batch.Position, batch.Content, decoding);
            feed.Offer(batch.Position, decoding.Reports);
            IngestMetrics.Reports.Add(decoding.Reports.Count);
            // A row is given out only when the one before is applied; while that waits, this one was decoded.
            await Finish(applying, position, stop);
            position = batch.Position;
            journal.Return(batch);
            (delivery, decoding) = (decoding, delivery);
            applying = TryApply(delivery);
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

    private async Task<Task<bool>> Finish(Task<bool> applying, long position, CancellationToken stop)
    {
        var applied = await applying;
        if (Volatile.Read(ref _replayAsked) == 1 || !applied) await Replay(position, stop);
        else Volatile.Write(ref _applied, position);
        return Task.FromResult(true);
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
        Volatile.Write(ref _applied, from); // before the wish is taken: until then Applied says the mark
        Volatile.Write(ref _replayAsked, 0);
        if (from >= last) return true;
        LogReplay(rows.Node, from + 1, last);
        try
        {
            for (var at = from; at < last;)
            {
                var waiting = await rows.ReadAsync(at, stop);
                if (waiting.Count == 0) break; // cut already: persisted meanwhile
                foreach (var (position, batch) in waiting)
                {
                    if (position > last) return Done(last);
                    decoder.Decode(position, batch, _replayed, again: true);
                    IngestMetrics.Replayed.Add(_replayed.Entries);
                    if (!await TryApply(_replayed)) return false;
                    Volatile.Write(ref _applied, at = position);
                }
            }
            return Done(last);
        }
        catch (Exception e) when (e is not (OperationCanceledException or InvalidDataException)) // a damaged row stays damaged
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

    private async Task<bool> TryApply(Delivery delivery)
    {
        try
        {
            await delivering.ApplyAsync(delivery);
            return true;
        }
        catch (Exception e)
        {
            LogApplyFailed(rows.Node, e.Message);
            return false;
        }
    }

    [LoggerMessage(1301, LogLevel.Information, "Replaying the journal of {Node}, rows {From} to {Last}")]
    private partial void LogReplay(string node, long from, long last);

    [LoggerMessage(1302, LogLevel.Warning, "The replay of the journal of {Node} failed; starting it again")]
    private partial void LogReplayFailed(Exception e, string node);

    [LoggerMessage(1303, LogLevel.Warning, "Journal of {Node}: a terminal could not take its reports ({Message}); replaying")]
    private partial void LogApplyFailed(string node, string message);
}
