namespace Fleet.Grains.Neighbours;

/// <summary>
/// Terminals that share a cause (a site, a carrier, a cell): hears which of them are at fault, never their reports, and
/// finds when so many faults within a window cannot be chance. Not safe for concurrent use; it has no clock.
/// </summary>
/// <param name="subject">Whom its findings are about, e.g. <c>site:S1</c>.</param>
/// <param name="fault">What they are called, e.g. <c>site-outage</c>.</param>
/// <param name="members">How many terminals belong to it, those without a fault included.</param>
/// <param name="siteOf">Where a member stands; one that stands nowhere known has a site of its own.</param>
/// <param name="losses">What its members may lose together; the first that enough of those show who could is its fault.</param>
/// <param name="without">Which of its members do without something; see <see cref="Census.Lacking"/>.</param>
public sealed class Group(string subject, string fault, int members, GroupLimits limits, Func<string, string?> siteOf,
    IReadOnlyList<Loss>? losses = null, Func<Without, IReadOnlyDictionary<string, long>>? without = null)
{
    private const double MsPerHour = 3_600_000;

    private readonly IReadOnlyList<Loss> _losses = losses ?? Loss.OfAnything;

    /// <summary>The last word of one terminal and the first of another, on its battery, around one moment: each speaks once a minute.</summary>
    private const long SameMomentMs = 120_000;

    /// <summary>Messages on the way may overtake each other by so much.</summary>
    private const long OnTheWayMs = 5_000;

    private static readonly string[] s_silence = ["offline"];

    private static readonly Dictionary<string, long> s_nobody = [];

    private readonly Dictionary<string, MemberFaults> _faults = [];
    private readonly HashSet<string> _covered = [];

    /// <summary>Covered ones that may have no fault yet: they run on their batteries.</summary>
    private readonly HashSet<string> _witnesses = [];

    /// <summary>When faults began that may yet turn out to be the group's: no lesson about what is usual until the window has passed.</summary>
    private readonly Queue<long> _judged = new();
    private readonly UsualRate _usual = new(limits.UsualPerMemberHour);
    private long _raisedAtMs;
    private long _fewSinceMs;

    /// <summary>Whom its findings are about.</summary>
    public string Subject => subject;

    /// <summary>Whether the group's own fault is raised.</summary>
    public bool IsRaised => _raisedAtMs != 0;

    /// <summary>Whether time alone may change something here soon: a fault of a member is recent, or the group's own is raised.</summary>
    public bool IsRestless(long nowMs) => IsRaised || _judged.Count > 0 || _faults.Values.Any(m => m.LatestMs(long.MaxValue) >= nowMs - limits.WindowMs);

    /// <summary>How many terminals belong to it now; the register may change.</summary>
    public int Members { get; set; } = members;

    /// <summary>Whether this member's faults have the group's fault as their cause.</summary>
    public bool Covers(string member) => IsRaised && _covered.Contains(member);

    /// <summary>The members whose faults have the group's fault as their cause.</summary>
    public IReadOnlySet<string> Covered => _covered;

    /// <summary>
    /// A fault of a member was raised or cleared; the caller chooses which faults count. Heard twice, or in another order,
    /// it changes nothing. The group's own raised finding restores it after a restart: say it before its members' findings.
    /// </summary>
    public void Hear(Finding finding)
    {
        if (finding.Subject == subject)
        {
            if (finding.Fault != fault) return;
            if (finding.Kind == FindingKind.Cleared) End();
            else _raisedAtMs = finding.RaisedAtMs;
            return;
        }
        if (!_faults.TryGetValue(finding.Subject, out var member)) _faults[finding.Subject] = member = new();
        if ((long)finding.Number(GroupKind.LastHeard) is > 0 and var silentSinceMs) member.SilentSinceMs = silentSinceMs;
        if (finding.Kind == FindingKind.Cleared) member.Clear(finding.Fault, finding.RaisedAtMs);
        else if (member.Raise(finding.Fault, finding.RaisedAtMs))
        {
            if (!IsRaised) _judged.Enqueue(finding.RaisedAtMs);
            else if (MayJoin(finding.RaisedAtMs)) _covered.Add(finding.Subject);
        }
        if (member.IsEmpty) _faults.Remove(finding.Subject);
    }

    /// <summary>Time has passed; says whether the group's fault is raised or cleared now, or null.</summary>
    public Finding? Tick(long nowMs)
    {
        Forget(nowMs - 5 * limits.WindowMs);
        if (IsRaised) return Clear(nowMs);
        var fromMs = nowMs - limits.WindowMs;
        while (_judged.TryPeek(out var atMs) && atMs < fromMs) _usual.Began(_judged.Dequeue());
        if (_faults.Count == 0) return null;

        foreach (var loss in _losses)
            if (Look(loss, fromMs, nowMs) is { } found) return found;
        return null;
    }

    private Finding? Look(Loss loss, long fromMs, long nowMs)
    {
        // Before the census is asked: it speaks for no more than half of them.
        if (2 * _faults.Values.Count(member => member.LatestMs(nowMs) >= fromMs) < limits.LeastMembers) return null;
        var lacking = Lacking(loss.Of);
        var witnesses = Witnesses(lacking, fromMs, nowMs);
        var (recent, certain, already, bystanders, firstMs) = (witnesses.Count, witnesses.Count, 0, lacking.Count - witnesses.Count, nowMs);
        foreach (var (name, member) in _faults)
        {
            // The latest of its faults: a weak signal of last week does not hide the silence of now.
            if (witnesses.Contains(name) || member.LatestMs(nowMs) is not { } sinceMs) continue;
            var lacks = lacking.ContainsKey(name);
            var isCertain = member.Shows(loss.Signs, fromMs, nowMs);
            var isShown = sinceMs >= fromMs && (loss.Of == Without.Nothing || isCertain || (!lacks && member.Shows(s_silence, fromMs, nowMs)));
            if (isCertain) certain++;
            if (isShown) (recent, firstMs) = (recent + 1, Math.Min(firstMs, sinceMs));
            else if (sinceMs < fromMs) already++;
            else continue;
            if (lacks) bystanders--;
        }
        // A terminal that has lain in a drawer for days, or has no use for what is lost, can neither show the fault nor deny it.
        var able = Math.Max(recent, Members - already - bystanders);
        var usual = _usual.PerMemberHour(fromMs, Members) * able * limits.WindowMs / MsPerHour;
        if (recent < limits.LeastMembers || certain < loss.LeastCertain || recent < limits.LeastShare * able || LogTail(recent, usual) > limits.LogChance || !IsOfManySites(fromMs, nowMs)) return null;

        _judged.Clear();
        _raisedAtMs = Math.Max(1, firstMs);
        foreach (var (name, member) in _faults)
            if (member.LatestMs(long.MaxValue) >= fromMs) _covered.Add(name); // a clock that is fast is no reason to be told apart
        _witnesses.UnionWith(witnesses);
        _covered.UnionWith(witnesses);
        return Say(FindingKind.Raised, nowMs, recent, usual, [.. Lost(fromMs, able, witnesses.Count)]);
    }

    private IReadOnlyDictionary<string, long> Lacking(Without what) => what == Without.Nothing || without is null ? s_nobody : without(what);

    /// <summary>
    /// Who lost the mains it stands on in the moment in which a neighbour at its site fell silent that has no battery to say
    /// so. Who was heard after the other's mains were gone still had them.
    /// </summary>
    private HashSet<string> Witnesses(IReadOnlyDictionary<string, long> lacking, long fromMs, long nowMs)
    {
        if (lacking.Count == 0) return [];
        var silences = _faults.Where(member => member.Value.SilentSinceMs != 0 && !lacking.ContainsKey(member.Key) && member.Value.Shows(s_silence, fromMs, nowMs))
            .ToLookup(member => SiteOf(member.Key), member => member.Value.SilentSinceMs);
        return [.. lacking.Where(one => silences[SiteOf(one.Key)].Any(sinceMs => one.Value >= sinceMs - OnTheWayMs && one.Value <= sinceMs + SameMomentMs)).Select(one => one.Key)];
    }

    private string SiteOf(string member) => siteOf(member) ?? member;

    /// <summary>How many could show it, by which signs they do, and what is lost where those say so for certain.</summary>
    private IEnumerable<Evidence> Lost(long fromMs, int able, int witnesses)
    {
        if (able < Members) yield return new("membersAble", able);
        var signs = _faults.Values.SelectMany(member => member.Since(fromMs)).Concat(Enumerable.Repeat(Loss.OnBattery, witnesses))
            .CountBy(sign => sign).OrderByDescending(sign => sign.Value).ThenBy(sign => sign.Key, StringComparer.Ordinal).ToArray();
        yield return new("signs", Text: string.Join(", ", signs.Select(sign => $"{sign.Key} {sign.Value}")));
        if (_losses.FirstOrDefault(loss => signs.Any(sign => loss.Signs.Contains(sign.Key))) is { } lost) yield return new("lost", Text: lost.Name);
    }

    /// <summary>
    /// An upper bound of ln P(X ≥ count) of a Poisson variable: count − mean − count × ln(count / mean) where the count is above
    /// the mean, else 0 (Chernoff; Mitzenmacher and Upfal, Probability and Computing, theorem 5.4).
    /// </summary>
    internal static double LogTail(int count, double mean) =>
        count <= mean ? 0 : count - mean - count * Math.Log(count / mean);

    private bool IsOfManySites(long fromMs, long nowMs) => limits.LeastSites == 1
        || _faults.Where(m => m.Value.LatestMs(nowMs) >= fromMs).Select(m => SiteOf(m.Key)).Distinct().Take(limits.LeastSites).Count() == limits.LeastSites;

    /// <summary>From a window before the cause began until it began to end: what comes after that is the member's own.</summary>
    private bool MayJoin(long sinceMs) => sinceMs >= _raisedAtMs - limits.WindowMs && (_fewSinceMs == 0 || sinceMs < _fewSinceMs);

    private Finding? Clear(long nowMs)
    {
        var lacking = Lacking(_witnesses.Count == 0 ? Without.Nothing : Without.Mains);
        var left = _covered.Count(name => _faults.ContainsKey(name) || (_witnesses.Contains(name) && lacking.GetValueOrDefault(name) != 0));
        if (left > 0 && left >= limits.ClearShare * _covered.Count) { _fewSinceMs = 0; return null; }
        if (_fewSinceMs == 0) _fewSinceMs = nowMs;
        if (nowMs - _fewSinceMs < limits.ClearHoldMs) return null;
        var said = Say(FindingKind.Cleared, nowMs, left, 0);
        End();
        return said;
    }

    private void End()
    {
        (_raisedAtMs, _fewSinceMs) = (0, 0);
        _covered.Clear();
        _witnesses.Clear();
    }

    private void Forget(long beforeMs)
    {
        foreach (var (name, member) in _faults)
        {
            member.Forget(beforeMs);
            if (member.IsEmpty) _faults.Remove(name);
        }
    }

    private Finding Say(FindingKind kind, long nowMs, int count, double usual, ReadOnlySpan<Evidence> more = default) => new(subject, fault, kind, _raisedAtMs, nowMs,
        [new("membersDown", count), new("members", Members), new("usualInWindow", Math.Round(usual, 3)), new("windowMinutes", limits.WindowMs / 60_000d), .. more]);
}
