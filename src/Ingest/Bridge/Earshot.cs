using System.Collections.Concurrent;

namespace Fleet.Ingest.Bridge;

/// <summary>
/// Which terminals speak at which bridged broker, as this process has heard since its start, and since when that broker
/// is bridged. What was not heard since the start may be of any of them, for a while.
/// </summary>
internal sealed class Earshot(TimeProvider time)
{
    /// <summary>At some 150 bytes each; then all are forgotten and learned again.</summary>
    private const int Most = 1_000_000;

    /// <summary>What came before the loss of a connection may be written down a moment after it.</summary>
    private const long MomentMs = 5_000;

    /// <summary>A broker that is away for good since our start keeps nobody else's silence from being told for longer.</summary>
    private static readonly TimeSpan s_longestDoubt = TimeSpan.FromHours(1);

    private readonly long _startedAtMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly ConcurrentDictionary<string, Standing> _brokerOf = new();
    private readonly ConcurrentDictionary<string, Standing> _brokers = new();

    /// <summary>How a broker stands: since when bridged, or since when away, Unix ms.</summary>
    internal sealed class Standing(long awaySinceMs)
    {
        private long _sinceMs = -awaySinceMs; // negative while it is away, so that one write says both

        public long? StandsSinceMs => Volatile.Read(ref _sinceMs) is > 0 and var since ? since : null;
        public long AwaySinceMs => Math.Max(0, -Volatile.Read(ref _sinceMs));

        public void Begin(long atMs) => Volatile.Write(ref _sinceMs, atMs);
        public void End(long atMs) => Volatile.Write(ref _sinceMs, -atMs);
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A broker that is to be bridged; away until it is said to stand.</summary>
    public Standing Add(string broker) => _brokers.GetOrAdd(broker, _ => new(NowMs));

    public void Begins(Standing broker) => broker.Begin(NowMs);

    public void Ends(Standing broker) => broker.End(NowMs);

    /// <summary>A terminal has spoken there.</summary>
    public void Note(string serial, Standing broker)
    {
        if (_brokerOf.TryGetValue(serial, out var known) && known == broker) return;
        if (_brokerOf.Count >= Most) _brokerOf.Clear();
        _brokerOf[serial] = broker;
    }

    /// <inheritdoc cref="Grains.Presence.IListening.SinceMs"/>
    public long? SinceMs(string serial, long heardAtMs)
    {
        if (_brokerOf.TryGetValue(serial, out var broker))
        {
            if (broker.StandsSinceMs is { } since) return since;
            return heardAtMs <= broker.AwaySinceMs + MomentMs ? null : 0; // it has spoken elsewhere since
        }
        if (heardAtMs >= _startedAtMs || NowMs - _startedAtMs > s_longestDoubt.TotalMilliseconds) return 0;
        var sinceMs = 0L;
        foreach (var any in _brokers.Values)
        {
            if (any.StandsSinceMs is not { } since) return null;
            sinceMs = Math.Max(sinceMs, since);
        }
        return sinceMs;
    }
}
