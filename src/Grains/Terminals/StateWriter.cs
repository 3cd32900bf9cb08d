using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Chunk = (System.Collections.Generic.List<Fleet.Grains.Terminals.TerminalGrain> Of, int From, int To);

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

    /// <summary>What a checkpoint and its turns work with, kept for the next: of a million terminals it would be garbage that has grown old.</summary>
    private List<TerminalGrain> _dirty = [], _due = [];
    private readonly List<TerminalGrain> _writing = [];
    private readonly List<StateWrite> _writes = [];
    private readonly ArrayBufferWriter<byte> _states = new();
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
            lock (_lock) (_dirty, _due) = (_due, _dirty);
            InOrder(_due);
            var result = CheckpointResult.Done;
            for (var next = 0; next < _due.Count; next += StatesPerTransaction)
            {
                var chunk = (_due, next, Math.Min(_due.Count, next + StatesPerTransaction));
                var written = await InTurnAsync(chunk, CancellationToken.None, stop); // waits for its turn in any case: what it has taken is in no list any more
                if (written > result) result = written;
            }
            if (_due.Count > 0) GrainMetrics.CheckpointSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return result;
        }
        finally
        {
            _due.Clear();
            _checkpointing.Release();
        }
    }

    /// <summary>Their places are read once, not with each comparison: a million grains lie all over the memory.</summary>
    private static void InOrder(List<TerminalGrain> grains)
    {
        var places = ArrayPool<long>.Shared.Rent(grains.Count);
        for (var i = 0; i < grains.Count; i++) places[i] = grains[i].Place;
        places.AsSpan(0, grains.Count).Sort(CollectionsMarshal.AsSpan(grains));
        ArrayPool<long>.Shared.Return(places);
    }

    /// <summary>
    /// Persists one terminal that is about to be deactivated; where that fails it is a loss. Takes its turn between a
    /// checkpoint's: that must neither pass over a state that is being written, nor give back one that is ending.
    /// </summary>
    internal async Task<bool> SaveAsync(TerminalGrain grain, CancellationToken stop)
    {
        var done = false;
        try { done = await InTurnAsync(([grain], 0, 1), stop, stop) == CheckpointResult.Done; }
        catch (OperationCanceledException) { }
        if (!done) grain.Abandon();
        return done;
    }

    public void Dispose()
    {
        _checkpointing.Dispose();
        _turn.Dispose();
    }

    private async Task<CheckpointResult> InTurnAsync(Chunk chunk, CancellationToken patience, CancellationToken stop)
    {
        await _turn.WaitAsync(patience);
        try { return await WriteAsync(chunk, stop); }
        finally
        {
            _states.ResetWrittenCount();
            _writes.Clear();
            _writing.Clear();
            _turn.Release();
        }
    }

    private async Task<CheckpointResult> WriteAsync(Chunk chunk, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var posted = Take(chunk);
            if (_writes.Count == 0) return CheckpointResult.Done;
            await Task.WhenAll(posted).WaitAsync(stop);
            await findings.DrainAsync(stop);
            var stale = await states.SaveAsync(_writes, stop);
            foreach (var serial in stale) _writing.FindLast(grain => grain.Serial == serial)!.TurnStale();
            if (stale.Count > 0) CountLoss();
            GrainMetrics.StatesWritten.Add(_writes.Count - stale.Count);
            GrainMetrics.StateWriteSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return stale.Count > 0 ? CheckpointResult.Lost : CheckpointResult.Done;
        }
        catch (Exception e)
        {
            GiveBack(chunk);
            LogPostponed(e, chunk.To - chunk.From);
            return CheckpointResult.Postponed;
        }
    }

    /// <summary>Takes the states of those that have changed.</summary>
    /// <returns>What must be done before they are written.</returns>
    private List<Task> Take(Chunk chunk)
    {
        var posted = new List<Task>();
        var longestHold = TimeSpan.Zero;
        for (var i = chunk.From; i < chunk.To; i++)
        {
            var grain = chunk.Of[i];
            if (grain.Snapshot(_states, out var posting, out var held) is not { } write) continue;
            if (held > longestHold) longestHold = held;
            _writes.Add(write);
            _writing.Add(grain);
            if (!posting.IsCompletedSuccessfully) posted.Add(posting);
        }
        if (_writes.Count > 0) GrainMetrics.StateHoldSeconds.Record(longestHold.TotalSeconds);
        return posted;
    }

    /// <summary>Those whose states were taken, and those behind them that were not looked at any more, are due again.</summary>
    private void GiveBack(Chunk chunk)
    {
        for (int i = chunk.From, taken = 0; i < chunk.To; i++)
        {
            var grain = chunk.Of[i];
            var isTaken = taken < _writing.Count && _writing[taken] == grain;
            if (isTaken) taken++;
            if (isTaken ? grain.Unsave() : grain.IsDirty) MarkDirty(grain);
        }
    }

    [LoggerMessage(4101, LogLevel.Warning, "{Count} states could not be written; they are kept and written later")]
    private partial void LogPostponed(Exception e, int count);
}
