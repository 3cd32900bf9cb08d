namespace Fleet.Grains.Neighbours;

/// <summary>
/// Findings of terminals go in, and what people are told of comes out: a fault waits for its neighbours to show the same;
/// where they do, one finding of their group comes instead; where they do not, or when the group's has ended and the
/// fault has not, it comes itself. Everything in one process and in memory: what the book does with rows, the bench and
/// a replay do with this. No clock; not safe for concurrent use.
/// </summary>
/// <param name="around">What a terminal shares with others.</param>
/// <param name="members">How many terminals a group has, by its subject.</param>
/// <param name="census">What the terminals say of themselves.</param>
/// <param name="ofSite">Who stands at a site, by its subject; without it all are believed to be on mains and cable.</param>
public sealed class Neighbourhood(
    Func<string, Surroundings> around, Func<string, int> members, Holding holding, Census census, Func<string, IEnumerable<string>>? ofSite = null)
{
    private const long LookMs = 60_000;

    private readonly Cohorts _cohorts = new(census, serial => around(serial).Site, serial => around(serial).Model, CohortLimits.Default);
    private readonly Troubles _troubles = new();
    private long _lookedAtMs;

    private readonly Dictionary<string, Group> _groups = [];
    private readonly HashSet<Group> _awake = [];
    private readonly Dictionary<(string Subject, string Fault), Open> _open = [];
    private readonly HashSet<Open> _untold = [];
    private readonly List<Finding> _told = [];

    /// <summary>A fault that stands, and what was done about it.</summary>
    private sealed class Open(Finding raised, IReadOnlyList<Group> groups)
    {
        public Finding Raised { get; } = raised;

        /// <summary>Those it may have its cause in, the narrowest first; where it was when it was raised, wherever it is now.</summary>
        public IReadOnlyList<Group> Groups { get; } = groups;
        public Group? Cause { get; set; }
        public long CauseEndedAtMs { get; set; }
        public bool IsTold { get; set; }
    }

    /// <summary>Whether time alone may yet change something: a group has something to watch, or somebody waits to be told.</summary>
    public bool IsRestless => _awake.Count > 0 || _untold.Count > 0 || _told.Count > 0 || _troubles.Count > 0;

    /// <summary>A terminal's finding, in the order of <see cref="Finding.AtMs"/>.</summary>
    public void Hear(Finding finding)
    {
        if (finding.IsForecast) return;
        var key = (finding.Subject, finding.Fault);
        _troubles.Hear(finding);
        if (!_open.TryGetValue(key, out var open))
        {
            if (finding.Kind != FindingKind.Raised) return;
            _open[key] = open = Raise(finding, around(finding.Subject));
        }
        else if (finding.Kind == FindingKind.Cleared && open.Raised.RaisedAtMs <= finding.RaisedAtMs) Clear(key, open, finding);
        foreach (var group in open.Groups)
        {
            if (!GroupKind.Of(group.Subject)!.Counts(finding.Fault)) continue;
            group.Hear(finding);
            _awake.Add(group);
        }
    }

    /// <summary>Time has passed. What people are told of now, in order; of what is over only where they were told that it began.</summary>
    public IReadOnlyList<Finding> Tick(long nowMs)
    {
        foreach (var group in _awake)
        {
            group.Members = members(group.Subject);
            if (group.Tick(nowMs) is { } found) HearGroup(group, found);
            if (!group.IsRestless(nowMs)) _awake.Remove(group);
        }
        LookAtVersions(nowMs);
        foreach (var open in _untold) Decide(open, nowMs);
        var told = _told.ToArray();
        _told.Clear();
        return told;
    }

    /// <summary>What is the cause of a fault that stands; null for none outside the terminal.</summary>
    public string? CauseOf(string subject, string fault) => _open.GetValueOrDefault((subject, fault))?.Cause?.Subject;

    private void LookAtVersions(long nowMs)
    {
        if (nowMs - _lookedAtMs < LookMs) return;
        _lookedAtMs = nowMs;
        _troubles.Forget(nowMs - 2 * CohortLimits.Default.WindowMs);
        foreach (var found in _cohorts.Look(_troubles.All, nowMs))
        {
            _troubles.Hear(found);
            _told.Add(found); // members are told themselves
        }
    }

    private void HearGroup(Group group, Finding found)
    {
        var key = (found.Subject, found.Fault);
        if (found.Kind != FindingKind.Cleared)
        {
            // What all its members share may be the cause of the group's fault in turn.
            var shared = group.Covered.Select(around).Aggregate((all, one) => all.Shared(one));
            _open[key] = Raise(found, shared);
        }
        else if (_open.TryGetValue(key, out var open)) Clear(key, open, found);
        if (found.Kind != FindingKind.Cleared) return;
        foreach (var member in _untold.Where(o => o.Cause == group)) (member.Cause, member.CauseEndedAtMs) = (null, found.AtMs);
    }

    private Open Raise(Finding finding, Surroundings shared)
    {
        var open = new Open(finding, [.. GroupKind.Explaining(finding.Subject, SignOf(finding), shared).Where(g => !g.Kind.IsCompared).Select(g => GroupOf(g.Kind, g.Subject))]);
        _untold.Add(open);
        return open;
    }

    private static string SignOf(Finding finding) => GroupKind.Sign(finding.Fault, finding.Text);

    private void Clear((string, string) key, Open open, Finding finding)
    {
        _open.Remove(key);
        _untold.Remove(open);
        if (open.IsTold) _told.Add(finding);
    }

    private void Decide(Open open, long nowMs)
    {
        var (subject, fault) = (open.Raised.Subject, open.Raised.Fault);
        var covered = _groups.TryGetValue(subject, out var own) ? own.Covered : null;
        // A site is the carrier's when all of it is; for that it waits from when it was found.
        var cause = covered is null ? null : open.Groups.FirstOrDefault(g => g.IsRaised && covered.All(g.Covers));
        var telling = cause is null ? Telling.Now : Telling.Collapsed;
        if (cause is null) (telling, cause) = holding.Decide(subject, fault, own is null ? open.Raised.RaisedAtMs : open.Raised.AtMs, open.CauseEndedAtMs, [.. open.Groups.Where(IsEnough)], nowMs);
        open.Cause = cause;
        if (telling != Telling.Now || (open.CauseEndedAtMs != 0 && Holding.OpensMs(open.Raised.Number, nowMs) > nowMs)) return;
        open.IsTold = true;
        _untold.Remove(open);
        _told.Add(open.Raised);
    }

    /// <summary>Whether there are neighbours enough to show anything.</summary>
    private static bool IsEnough(Group group) => group.Members >= GroupKind.Of(group.Subject)!.Limits.LeastMembers;

    private Group GroupOf(GroupKind kind, string subject)
    {
        if (!_groups.TryGetValue(subject, out var group)) _groups[subject] = group = kind.New(subject, members(subject), serial => around(serial).Site,
            what => census.Lacking(ofSite?.Invoke(subject) ?? [], what));
        return group;
    }
}
