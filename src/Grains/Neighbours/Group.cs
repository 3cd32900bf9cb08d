namespace Fleet.Grains.Neighbours;

/// <summary>
/// Terminals that share a cause (a site, a carrier, a cell): hears which of them are at fault, never their reports, and
/// finds when so many faults within a window cannot be chance. Not safe for concurrent use; it has no clock.
/// </summary>
/// <param name="subject">Whom its findings are about, e.g. <c>site:S1</c>.</param>
/// <param name="fault">What they are called, e.g. <c>site-outage</c>.</param>
/// <param name="members">How many terminals belong to it, those without a fault included.</param>
public sealed class Group(string subject, string fault, int members, GroupLimits limits)
{
    private const double MsPerHour = 3_600_000;

    /// <summary>When each member that is at fault began to be: its earliest open fault, by member.</summary>
    private readonly Dictionary<string, Dictionary<string, long>> _faults = [];
    private readonly HashSet<string> _covered = [];
    /// <summary>When faults began that may yet turn out to be the group's: no lesson about what is usual until the window has passed.</summary>
    private readonly Queue<long> _judged = new();
    private readonly UsualRate _usual = new(limits.UsualPerMemberHour);
    private long _raisedAtMs;
    private long _fewSinceMs;

    /// <summary>Whether the group's own fault is raised.</summary>
    public bool IsRaised => _raisedAtMs != 0;

    /// <summary>Whether this member's faults have the group's fault as their cause.</summary>
    public bool Covers(string member) => IsRaised && _covered.Contains(member);

    /// <summary>
    /// A fault of a member was raised or cleared; the caller chooses which faults count. Heard twice it changes nothing.
    /// The group's own raised finding restores it after a restart: say it before its members' findings.
    /// </summary>
    public void Hear(Finding finding)
    {
        if (finding.Subject == subject)
        {
            if (finding.Fault == fault) _raisedAtMs = finding.Kind == FindingKind.Cleared ? 0 : finding.RaisedAtMs;
            return;
        }
        if (finding.Kind == FindingKind.Cleared)
        {
            if (!_faults.TryGetValue(finding.Subject, out var open)
                || !open.TryGetValue(finding.Fault, out var sinceMs) || sinceMs > finding.RaisedAtMs) return;
            open.Remove(finding.Fault);
            if (open.Count == 0) _faults.Remove(finding.Subject);
            return;
        }
        if (!_faults.TryGetValue(finding.Subject, out var known)) _faults[finding.Subject] = known = [];
        if (!known.TryAdd(finding.Fault, finding.RaisedAtMs)) return;
        if (IsRaised) { if (finding.RaisedAtMs >= _raisedAtMs - limits.WindowMs) _covered.Add(finding.Subject); }
        else if (known.Count == 1) _judged.Enqueue(finding.RaisedAtMs);
    }

    /// <summary>Time has passed; says whether the group's fault is raised or cleared now, or null.</summary>
    public Finding? Tick(long nowMs)
    {
        if (IsRaised) return Clear(nowMs);
        while (_judged.TryPeek(out var atMs) && atMs < nowMs - limits.WindowMs) _usual.Began(_judged.Dequeue());
        var recent = 0;
        var firstMs = nowMs;
        foreach (var open in _faults.Values)
        {
            var sinceMs = open.Values.Min();
            if (sinceMs < nowMs - limits.WindowMs || sinceMs > nowMs) continue;
            recent++;
            firstMs = Math.Min(firstMs, sinceMs);
        }
        var usual = _usual.PerMemberHour(nowMs - limits.WindowMs, members) * members * limits.WindowMs / MsPerHour;
        if (recent < limits.LeastMembers || recent < limits.LeastShare * members || LogTail(recent, usual) > limits.LogChance) return null;

        _judged.Clear();
        _raisedAtMs = Math.Max(1, firstMs);
        foreach (var (member, open) in _faults)
            if (open.Values.Min() >= nowMs - limits.WindowMs) _covered.Add(member);
        return Say(FindingKind.Raised, nowMs, recent, usual);
    }

    /// <summary>
    /// An upper bound of ln P(X ≥ count) of a Poisson variable: count − mean − count × ln(count / mean) where the count is above
    /// the mean, else 0 (Chernoff; Mitzenmacher and Upfal, Probability and Computing, theorem 5.4).
    /// </summary>
    internal static double LogTail(int count, double mean) =>
        count <= mean ? 0 : count - mean - count * Math.Log(count / mean);

    private Finding? Clear(long nowMs)
    {
        var left = _covered.Count(_faults.ContainsKey);
        if (left > 0 && left >= limits.ClearShare * _covered.Count) { _fewSinceMs = 0; return null; }
        if (_fewSinceMs == 0) _fewSinceMs = nowMs;
        if (nowMs - _fewSinceMs < limits.ClearHoldMs) return null;
        var said = Say(FindingKind.Cleared, nowMs, left, 0);
        (_raisedAtMs, _fewSinceMs) = (0, 0);
        _covered.Clear();
        return said;
    }

    private Finding Say(FindingKind kind, long nowMs, int count, double usual) => new(subject, fault, kind, _raisedAtMs, nowMs,
        [new("membersDown", count), new("members", members), new("usualInWindow", Math.Round(usual, 3)), new("windowMinutes", limits.WindowMs / 60_000d)]);
}
