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

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private List<TerminalGrain> _dirty = [], _spare = [];
    private long _losses;

    /// <summary>How often something that was applied here has been lost. It only grows, so that every journal hears of each loss.</summary>
    public long Losses => Interlocked.Read(ref _losses);

    /// <summary>An activation goes with what it had applied.</summary>
    internal void CountLoss() => Interlocked.Increment(ref _losses);

    internal void MarkDirty(TerminalGrain grain)
    {
        lock (_lock) _dirty.Add(grain);
    }

    /// <summary>Persists all that was applied on this silo before the call.</summary>
    public async Task<CheckpointResult> CheckpointAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        var started = Stopwatch.GetTimestamp();
        try
        {
            List<TerminalGrain> dirty;
            lock (_lock)
            {
                (dirty, _dirty, _spare) = (_dirty, _spare, _dirty);
                _dirty.Clear();
            }
            var result = CheckpointResult.Done;
            foreach (var chunk in dirty.Chunk(StatesPerTransaction))
            {
                var written = await WriteAsync(chunk, stop);
                if (written > result) result = written;
            }
            if (dirty.Count > 0) GrainMetrics.CheckpointSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return result;
        }
        finally { _turn.Release(); }
    }

    /// <summary>
    /// Persists one terminal that is about to be deactivated; where that fails it is a loss. Takes its turn: a checkpoint
    /// must neither pass over a state that is being written, nor give back one that is ending.
    /// </summary>
    internal async Task<bool> SaveAsync(TerminalGrain grain, CancellationToken stop)
    {
        var done = false;
        try
        {
            await _turn.WaitAsync(stop);
            try { done = await WriteAsync([grain], stop) == CheckpointResult.Done; }
            finally { _turn.Release(); }
        }
        catch (OperationCanceledException) { }
        if (!done) grain.Abandon();
        return done;
    }

    public void Dispose() => _turn.Dispose();

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
