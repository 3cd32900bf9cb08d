using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Fleet.Grains.Terminals;

public enum CheckpointResult : byte
{
    /// <summary>All that this silo had applied before the call is persisted.</summary>
    Done,
    /// <summary>The store is away; nothing is lost, ask again.</summary>
    Postponed,
    /// <summary>Something applied here is lost (a stale activation, a failed last write; see <see cref="StateWriter.Losses"/>): the journals must be replayed.</summary>
    Lost,
}

/// <summary>
/// Writes the terminals' states behind, in batches per silo. Findings come first: a state is written only when the
/// alerts it speaks of are durable, so that after a crash the replay finds them again or finds them done.
/// </summary>
public sealed partial class StateWriter(ITerminalStates states, IFindings findings, ILogger<StateWriter> logger)
    : IDisposable
{
    private const int StatesPerTransaction = 2000;

    /// <summary>Past every place that a store has given so far.</summary>
    public const long FirstNewPlace = 1L << 40;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _checkpointing = new(1, 1), _turn = new(1, 1);
    private List<TerminalGrain> _dirty = [];
    private long _losses, _newPlaces = FirstNewPlace;

    /// <summary>How often something that was applied here has been lost. It only grows, so that every journal hears of each loss.</summary>
    public long Losses => Interlocked.Read(ref _losses);

    /// <summary>An activation goes with what it had applied.</summary>
    internal void CountLoss() => Interlocked.Increment(ref _losses);

    /// <summary>The place of a state that the store does not have yet: behind all others, for there it will be written.</summary>
    internal long PlaceAtTheEnd() => Interlocked.Increment(ref _newPlaces);

    internal void MarkDirty(TerminalGrain grain)
    {
        lock (_lock) _dirty.Add(grain);
    }

    /// <summary>Persists all that was applied on this silo before the call, in the order of the states' places.</summary>
    public async Task<CheckpointResult> CheckpointAsync(CancellationToken stop)
    {
        await _checkpointing.WaitAsync(stop);
        var started = Stopwatch.GetTimestamp();
        try
        {
            TerminalGrain[] dirty;
            lock (_lock)
            {
                dirty = [.. _dirty];
                _dirty = [];
            }
            Array.Sort(Array.ConvertAll(dirty, grain => grain.Place), dirty);
            var result = CheckpointResult.Done;
            foreach (var chunk in dirty.Chunk(StatesPerTransaction))
            {
                var written = await InTurnAsync(chunk, CancellationToken.None, stop); // waits for its turn in any case: what it has taken is in no list any more
                if (written > result) result = written;
            }
            if (dirty.Length > 0) GrainMetrics.CheckpointSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return result;
        }
        finally { _checkpointing.Release(); }
    }

    /// <summary>
    /// Persists one terminal that is about to be deactivated; where that fails it is a loss. Takes its turn between a
    /// checkpoint's: that must neither pass over a state that is being written, nor give back one that is ending.
    /// </summary>
    internal async Task<bool> SaveAsync(TerminalGrain grain, CancellationToken stop)
    {
        var done = false;
        try { done = await InTurnAsync([grain], stop, stop) == CheckpointResult.Done; }
        catch (OperationCanceledException) { }
        if (!done) grain.Abandon();
        return done;
    }

    public void Dispose()
    {
        _checkpointing.Dispose();
        _turn.Dispose();
    }

    private async Task<CheckpointResult> InTurnAsync(TerminalGrain[] chunk, CancellationToken patience, CancellationToken stop)
    {
        await _turn.WaitAsync(patience);
        try { return await WriteAsync(chunk, stop); }
        finally { _turn.Release(); }
    }

    private async Task<CheckpointResult> WriteAsync(TerminalGrain[] chunk, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        var buffer = new ArrayBufferWriter<byte>(1024);
        var bySerial = new Dictionary<string, TerminalGrain>(chunk.Length);
        var writes = new List<StateWrite>(chunk.Length);
        var posted = new List<Task>();
        var longestHold = TimeSpan.Zero;
        try
        {
            foreach (var grain in chunk)
            {
                if (grain.Snapshot(buffer, out var posting, out var held) is not { } write) continue;
                if (held > longestHold) longestHold = held;
                writes.Add(write);
                bySerial[write.Serial] = grain;
                if (!posting.IsCompletedSuccessfully) posted.Add(posting);
            }
            if (writes.Count == 0) return CheckpointResult.Done;
            GrainMetrics.StateHoldSeconds.Record(longestHold.TotalSeconds);
            await Task.WhenAll(posted).WaitAsync(stop);
            await findings.DrainAsync(stop);
            var stale = await states.SaveAsync(writes, stop);
            foreach (var serial in stale) bySerial[serial].TurnStale();
            if (stale.Count > 0) CountLoss();
            GrainMetrics.StatesWritten.Add(writes.Count - stale.Count);
            GrainMetrics.StateWriteSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return stale.Count > 0 ? CheckpointResult.Lost : CheckpointResult.Done;
        }
        catch (Exception e)
        {
            foreach (var grain in chunk)
                if (bySerial.GetValueOrDefault(grain.Serial) == grain ? grain.Unsave() : grain.IsDirty) MarkDirty(grain);
            LogPostponed(e, chunk.Length);
            return CheckpointResult.Postponed;
        }
    }

    [LoggerMessage(4101, LogLevel.Warning, "{Count} states could not be written; they are kept and written later")]
    private partial void LogPostponed(Exception e, int count);
}
