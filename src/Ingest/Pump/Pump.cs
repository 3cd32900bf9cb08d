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
    /// <summary>
    /// How much may wait on disk before the sockets are not read: for a terminal that does not answer, and after a restart
    /// for a million terminals to stand up, which takes some two minutes, in which they send 700 MB.
    /// </summary>
    private const long MostBehindBytes = 1024L * 1024 * 1024;

    /// <summary>How many entries are given out at once when catching up: terminals that have yet to stand up do so together.</summary>
    private const int EntriesTogether = 2000;

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly RowReader _reader = new(rows, decoder.ForAnotherLoop(), logger);
    private long _applied = grainsMark, _mark = grainsMark;
    private long _appliedBytes;
    private bool _replayAsked;

    /// <summary>Up to here every entry has been applied by its terminal. While a replay is asked for, that is sure only up to the mark.</summary>
    public long Applied { get { lock (_lock) return _replayAsked ? _mark : _applied; } }

    /// <summary>Up to here what was applied is persisted.</summary>
    public long Mark { get { lock (_lock) return _mark; } }

    /// <summary>Bytes of all that was applied since the start, replays included.</summary>
    public long AppliedBytes => Interlocked.Read(ref _appliedBytes);

    public void Persisted(long position)
    {
        lock (_lock) _mark = Math.Max(_mark, position);
    }

    /// <summary>Something applied after the mark is lost: give it once more.</summary>
    public void AskReplay()
    {
        lock (_lock) _replayAsked = true;
    }

    public async Task RunAsync(long lastFromBefore, CancellationToken stop)
    {
        var (decoding, delivery) = (new Delivery(), new Delivery());
        var (applying, applyingTo, position, behindBytes) = (Replay(lastFromBefore, stop), lastFromBefore, lastFromBefore, 0L);
        await foreach (var batch in Batches(stop))
        {
            if (batch is not null)
            {
                decoder.Decode(batch.Position, batch.Content, decoding);
                feed.Offer(batch.Position, decoding.Reports);
                IngestMetrics.Reports.Add(decoding.Reports.Count);
                (position, behindBytes) = (batch.Position, behindBytes + batch.Length);
                // A row is given out only when the one before is applied; while that waits, this one was decoded.
                if (!applying.IsCompleted) await WaitFor(applying, isBehind: position > applyingTo + 1, behindBytes, stop);
                journal.Return(batch);
            }
            if (!applying.IsCompleted) continue; // what came meanwhile is on disk and is read from there
            if (!await applying || !TryAdvance(applyingTo)) applying = Replay(position, stop);
            else if (position == applyingTo) continue;
            else if (batch is null || position > applyingTo + 1) applying = CatchUp(applyingTo, position, stop);
            else
            {
                (delivery, decoding) = (decoding, delivery);
                applying = TryApply(delivery);
            }
            (applyingTo, behindBytes) = (position, 0);
        }
        while (!await applying || !TryAdvance(applyingTo) || position > applyingTo) (applying, applyingTo) = (Replay(position, stop), position);
    }

    /// <summary>
    /// A terminal that does not answer (its silo is lost, and nobody knows yet) holds up neither the others'
    /// acknowledgements nor history: after a moment the rows wait on disk. Where they have become too many, everybody waits.
    /// </summary>
    private static async Task WaitFor(Task applying, bool isBehind, long behindBytes, CancellationToken stop)
    {
        if (isBehind && behindBytes < MostBehindBytes) return;
        try { await applying.WaitAsync(isBehind ? Timeout.InfiniteTimeSpan : s_moment, stop); }
        catch (TimeoutException) { }
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

    /// <summary>False when a replay was asked for meanwhile.</summary>
    private bool TryAdvance(long position)
    {
        lock (_lock)
        {
            if (!_replayAsked) _applied = position;
            return !_replayAsked;
        }
    }

    private long BeginAtMark()
    {
        lock (_lock)
        {
            _replayAsked = false;
            return _applied = _mark;
        }
    }

    /// <summary>Gives everything after the mark up to <paramref name="last"/> to the terminals, again and again until all is applied; then true.</summary>
    private async Task<bool> Replay(long last, CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            var from = BeginAtMark();
            if (from >= last) return true;
            LogReplay(rows.Node, from + 1, last);
            if (await CatchUp(from, last, stop)) return true;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2000, 100 << Math.Min(attempt, 5))), stop);
        }
    }

    /// <summary>Gives the rows after <paramref name="from"/> up to <paramref name="last"/>; false where that fails or a replay is asked for.</summary>
    private async Task<bool> CatchUp(long from, long last, CancellationToken stop)
    {
        try
        {
            for (var at = from; at < last;)
            {
                var waiting = await _reader.ReadAsync(at, stop);
                for (var next = 0; next < waiting.Count && waiting[next].Position <= last;)
                {
                    var delivery = _reader.Begin();
                    do
                    {
                        await AreAllThere(at, waiting[next].Position, stop);
                        await _reader.AddAsync(waiting[next], stop);
                        at = waiting[next++].Position;
                    }
                    while (delivery.Entries < EntriesTogether && next < waiting.Count && waiting[next].Position <= last);
                    IngestMetrics.Replayed.Add(delivery.Entries);
                    if (!await TryApply(delivery) || !TryAdvance(at)) return false;
                }
                if (waiting.Count > 0 && waiting[^1].Position <= last) continue;
                await AreAllThere(at, last + 1, stop);
                at = last;
            }
            return TryAdvance(last);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogReplayFailed(e, rows.Node);
            return false;
        }
    }

    /// <summary>Between two rows there may be a gap only where rows were worked off and cut meanwhile.</summary>
    private Task AreAllThere(long after, long next, CancellationToken stop)
    {
        var from = Math.Max(after, Mark) + 1;
        return from < next ? _reader.MissingAsync(from, next - 1, stop) : Task.CompletedTask;
    }

    private async Task<bool> TryApply(Delivery delivery)
    {
        try
        {
            await delivering.ApplyAsync(delivery);
            Interlocked.Add(ref _appliedBytes, delivery.Bytes);
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
