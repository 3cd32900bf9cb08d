using Fleet.Grains.Terminals;
using Microsoft.Extensions.Logging;

namespace Fleet.Grains.Presence;

/// <summary>When a terminal wants to be told that time has passed (0 for not at all), when it was last heard, Unix ms, and how much silence is too much, ms.</summary>
[GenerateSerializer, Immutable, Alias("fleet.watch")]
public readonly record struct Watch([property: Id(0)] long DueAtMs, [property: Id(1)] long HeardAtMs, [property: Id(2)] long SilentAfterMs = 0);

/// <summary>Where a shard's word that time has passed goes: into this node's journal, as every input.</summary>
public interface ITicks
{
    /// <param name="heardAtMs">When the terminal had last been heard, Unix ms.</param>
    Task TickAsync(string serial, long heardAtMs);
}

/// <summary>One shard of the watch over deadlines, silence above all, keyed 0 to <see cref="PresenceShards.Count"/> - 1.</summary>
public interface IPresenceGrain : IGrainWithIntegerKey
{
    /// <summary>Watches a terminal, or brings its deadline forward; costs nothing more until the deadline comes.</summary>
    ValueTask Watch(string serial, long dueAtMs);

    /// <summary>Keeps the shard alive.</summary>
    ValueTask Wake();
}

/// <summary>
/// Notices that time passes without a timer per terminal: a queue of deadlines. Reports do not touch it; when a deadline comes,
/// the terminal is asked once for its present one. After the shard's own (re)start every stored deadline counts from
/// then, for what was not heard while nobody listened is nobody's outage; nor is it while a bridged broker is away, and
/// for as long after it is back (<see cref="IListening"/>).
/// </summary>
public sealed partial class PresenceGrain(ITerminalStates states, ITicks ticks, IListening listening, TimeProvider time, ILogger<PresenceGrain> logger)
    : Grain, IPresenceGrain
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>What terminals get to come back after a restart, beyond their own deadline.</summary>
    private static readonly TimeSpan Reconnection = TimeSpan.FromSeconds(30);

    private const int AsksAtOnce = 256;

    private readonly PriorityQueue<string, long> _deadlines = new();
    private readonly Dictionary<string, long> _dueMs = [];
    private readonly Dictionary<string, long> _graceUntilMs = [];
    private long _loadAgainAtMs;
    private bool _busy;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Load(cancellationToken);
        _loadAgainAtMs = (time.GetUtcNow() + Reconnection).ToUnixTimeMilliseconds();
        this.RegisterGrainTimer(OnBeat, new() { DueTime = Beat, Period = Beat, Interleave = true, KeepAlive = true });
    }

    public ValueTask Watch(string serial, long dueAtMs)
    {
        Add(serial, dueAtMs);
        return ValueTask.CompletedTask;
    }

    public ValueTask Wake() => ValueTask.CompletedTask;

    private async Task Load(CancellationToken stop)
    {
        var start = (time.GetUtcNow() + Reconnection).ToUnixTimeMilliseconds();
        foreach (var stored in await states.DeadlinesAsync((int)this.GetPrimaryKeyLong(), stop))
        {
            if (_dueMs.ContainsKey(stored.Serial)) continue;
            var due = start + stored.SilentAfterMs;
            _graceUntilMs[stored.Serial] = due;
            Add(stored.Serial, due);
        }
    }

    private void Add(string serial, long dueMs)
    {
        if (_dueMs.TryGetValue(serial, out var knownMs) && knownMs <= dueMs) return;
        _dueMs[serial] = dueMs;
        _deadlines.Enqueue(serial, dueMs);
    }

    private async Task OnBeat(CancellationToken stop)
    {
        if (_busy) return;
        _busy = true;
        try
        {
            var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (nowMs >= _loadAgainAtMs)
            {
                // Terminals first heard between the last checkpoint and the move of this shard were not in the store yet.
                await Load(stop);
                _loadAgainAtMs = long.MaxValue;
            }
            var due = new List<Task>();
            while (_deadlines.TryPeek(out _, out var at) && at <= nowMs)
            {
                var serial = _deadlines.Dequeue();
                if (!_dueMs.TryGetValue(serial, out var dueMs) || dueMs != at) continue; // it was brought forward
                _dueMs.Remove(serial); // before it is asked: a Watch that comes meanwhile is newer than its answer
                due.Add(Ask(serial, nowMs));
                if (due.Count < AsksAtOnce) continue;
                await Task.WhenAll(due);
                due.Clear();
            }
            await Task.WhenAll(due);
        }
        finally { _busy = false; }
    }

    private async Task Ask(string serial, long nowMs)
    {
        try
        {
            var watch = await GrainFactory.GetGrain<ITerminalGrain>(serial).Deadline();
            if (watch.DueAtMs == 0) { _graceUntilMs.Remove(serial); return; } // known to be silent, say: it watches again when it is heard
            var due = Math.Max(watch.DueAtMs, _graceUntilMs.GetValueOrDefault(serial));
            if (due <= nowMs) due = HeardFrom(watch, listening.SinceMs(serial, watch.HeardAtMs), nowMs);
            if (due > nowMs) { Add(serial, due); return; }
            await ticks.TickAsync(serial, watch.HeardAtMs);
            _graceUntilMs.Remove(serial);
            Add(serial, nowMs + (long)Reconnection.TotalMilliseconds); // until the journal has brought the word to the terminal
        }
        catch (Exception e)
        {
            LogAskFailed(e, serial);
            Add(serial, nowMs + (long)Reconnection.TotalMilliseconds);
        }
    }

    /// <summary>From when on silence that is due counts: at once where it would have been heard all along.</summary>
    /// <param name="sinceMs">Since when it would have been, Unix ms; null while it would not be.</param>
    internal static long HeardFrom(in Watch watch, long? sinceMs, long nowMs)
    {
        var graceMs = (long)Reconnection.TotalMilliseconds;
        if (sinceMs is not { } since) return nowMs + graceMs; // asked again then
        return since <= watch.HeardAtMs ? nowMs : since + graceMs + watch.SilentAfterMs;
    }

    [LoggerMessage(4201, LogLevel.Warning, "Terminal {Serial} could not be asked for its deadline; asked again later")]
    private partial void LogAskFailed(Exception e, string serial);
}
