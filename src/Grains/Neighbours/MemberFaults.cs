namespace Fleet.Grains.Neighbours;

/// <summary>A member's open faults with the time each was raised, and for a while those that were cleared: a raise may come after its clear.</summary>
internal sealed class MemberFaults
{
    private readonly Dictionary<string, long> _open = [];
    private Dictionary<string, long>? _over;

    /// <summary>Since when it is silent, Unix ms; 0 where nobody said.</summary>
    public long SilentSinceMs { get; set; }

    public bool IsEmpty => _open.Count == 0 && _over is null;

    /// <summary>False where it is known, or known to be over.</summary>
    public bool Raise(string fault, long raisedAtMs) =>
        (_over is null || !_over.TryGetValue(fault, out var overMs) || overMs < raisedAtMs) && _open.TryAdd(fault, raisedAtMs);

    public void Clear(string fault, long raisedAtMs)
    {
        if (_open.TryGetValue(fault, out var openMs))
        {
            if (openMs <= raisedAtMs) _open.Remove(fault);
            return;
        }
        _over ??= [];
        _over[fault] = Math.Max(raisedAtMs, _over.GetValueOrDefault(fault));
    }

    /// <summary>When the youngest of its open faults was raised, those of the future apart; null where it has none.</summary>
    public long? LatestMs(long nowMs)
    {
        long? latest = null;
        foreach (var sinceMs in _open.Values)
            if (sinceMs <= nowMs && !(sinceMs < latest)) latest = sinceMs;
        return latest;
    }

    /// <summary>Whether one of these was raised within a time.</summary>
    public bool Shows(ReadOnlySpan<string> faults, long fromMs, long toMs)
    {
        foreach (var fault in faults)
            if (_open.TryGetValue(fault, out var sinceMs) && sinceMs >= fromMs && sinceMs <= toMs) return true;
        return false;
    }

    /// <summary>Its open faults that were raised since a time.</summary>
    public IEnumerable<string> Since(long fromMs) => _open.Where(fault => fault.Value >= fromMs).Select(fault => fault.Key);

    public void Forget(long clearedBeforeMs)
    {
        if (_over is null) return;
        foreach (var (fault, raisedAtMs) in _over)
            if (raisedAtMs < clearedBeforeMs) _over.Remove(fault);
        if (_over.Count == 0) _over = null;
    }
}
