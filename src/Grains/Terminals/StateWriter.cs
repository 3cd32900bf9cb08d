using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Fleet.Grains.Terminals;

/// <summary>What a silo answers to who asks it to persist what it has applied.</summary>
/// <param name="Done">All that it had applied before the call is persisted, or is among the losses; false while the store is away: nothing is lost, ask again.</param>
/// <param name="Losses">How often something applied there was lost (a stale activation, a failed last write) since the silo started. A count,
/// for every node's journal must be replayed after a loss, and every node asks.</param>
[GenerateSerializer, Immutable, Alias("fleet.checkpoint")]
public readonly record struct Checkpoint([property: Id(0)] bool Done, [property: Id(1)] int Losses);

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
    private int _losses;

    internal void MarkDirty(TerminalGrain grain)
    {
        lock (_lock) _dirty.Add(grain);
    }

    /// <summary>Persists all that was applied on this silo before the call.</summary>
    public async Task<Checkpoint> CheckpointAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            List<TerminalGrain> dirty;
            lock (_lock)
            {
                (dirty, _dirty, _spare) = (_dirty, _spare, _dirty);
                _dirty.Clear();
            }
            var done = true;
            foreach (var chunk in dirty.Chunk(StatesPerTransaction)) done &= await WriteAsync(chunk, stop);
            return new(done, Volatile.Read(ref _losses));
        }
        finally { _turn.Release(); }
    }

    /// <summary>Persists one terminal that is about to be deactivated; where that fails it is lost.</summary>
    internal async Task<bool> SaveAsync(TerminalGrain grain, CancellationToken stop)
    {
        var before = Volatile.Read(ref _losses);
        return await WriteAsync([grain], stop) && Volatile.Read(ref _losses) == before;
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>False when the store is away. States of stale activations are not written and counted as losses.</summary>
    private async Task<bool> WriteAsync(TerminalGrain[] chunk, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        var buffer = new ArrayBufferWriter<byte>(1024);
        var bySerial = new Dictionary<string, TerminalGrain>(chunk.Length);
        var writes = new List<StateWrite>(chunk.Length);
        var posted = new List<Task>();
        foreach (var grain in chunk)
        {
            if (grain.Snapshot(buffer, out var posting) is { } write)
            {
                writes.Add(write);
                bySerial[write.Serial] = grain;
            }
            if (!posting.IsCompletedSuccessfully) posted.Add(posting);
        }
        if (writes.Count == 0) return true;
        try
        {
            await Task.WhenAll(posted).WaitAsync(stop);
            await findings.DrainAsync(stop);
            var stale = await states.SaveAsync(writes, stop);
            foreach (var serial in stale) bySerial[serial].TurnStale();
            if (stale.Count > 0) Interlocked.Increment(ref _losses); // after: nothing is applied to them any more
            GrainMetrics.StatesWritten.Add(writes.Count - stale.Count);
            GrainMetrics.StateWriteSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return true;
        }
        catch (Exception e)
        {
            foreach (var grain in bySerial.Values)
            {
                if (grain.TryUnsave()) MarkDirty(grain);
                else Interlocked.Increment(ref _losses);
            }
            LogPostponed(e, writes.Count);
            return false;
        }
    }

    [LoggerMessage(4101, LogLevel.Warning, "{Count} states could not be written; they are kept and written later")]
    private partial void LogPostponed(Exception e, int count);
}
