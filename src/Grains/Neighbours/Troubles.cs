namespace Fleet.Grains.Neighbours;

/// <summary>What <see cref="Cohorts"/> look at, kept in memory for benchmarks and replays; the product reads it from the book.</summary>
internal sealed class Troubles
{
    private readonly Dictionary<(string Subject, string Fault, long RaisedAtMs), Trouble> _all = [];

    public int Count => _all.Count;

    public IReadOnlyCollection<Trouble> All => _all.Values;

    public void Hear(Finding finding)
    {
        if (finding.Fault != Cohorts.Silence && finding.Fault != GroupKind.App.Fault && !GroupKind.App.Explains(finding.Fault)) return;
        var key = (finding.Subject, finding.Fault, finding.RaisedAtMs);
        if (finding.Kind == FindingKind.Raised)
            _all.TryAdd(key, new(finding.Subject, finding.Fault, finding.RaisedAtMs, IsCleared: false, finding.Text(Cohorts.MemberFault)));
        else if (finding.Kind == FindingKind.Cleared && _all.TryGetValue(key, out var trouble)) _all[key] = trouble with { IsCleared = true };
    }

    /// <summary>Of what is over only what began since is kept, and no silence and no version.</summary>
    public void Forget(long beforeMs)
    {
        foreach (var (key, trouble) in _all)
            if (trouble.IsCleared && (trouble.RaisedAtMs < beforeMs || !GroupKind.App.Explains(trouble.Fault))) _all.Remove(key);
    }
}
