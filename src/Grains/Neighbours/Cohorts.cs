using System.Collections.Immutable;

namespace Fleet.Grains.Neighbours;

/// <summary>A fault that stands or began not long ago, as the book has it.</summary>
/// <param name="Subject">The terminal's serial; of a cohort's own, the cohort.</param>
/// <param name="CausedFault">Of a cohort's own: the fault its terminals show.</param>
public readonly record struct Trouble(string Subject, string Fault, long RaisedAtMs, bool IsCleared, string? CausedFault = null);

/// <summary>
/// <c>cohort-regression</c>: finds the app or firmware whose terminals have a fault clearly more often since they changed
/// to it than the others have meanwhile; where hardly any others are left, than its own terminals had before. The two
/// rates are compared given their sum (Przyborowski and Wilenski, Biometrika 31, 1940): were they equal, each terminal
/// with the fault would be of the version with the probability that is its share of all terminal-hours. A terminal
/// counts once, however often it fails. It remembers only for how long something has been so; it has no clock.
/// </summary>
public sealed class Cohorts(Census census, Func<string, string?> siteOf, Func<string, string?> modelOf, CohortLimits limits)
{
    /// <summary>The fault of a terminal that, standing for long, can show no other.</summary>
    public const string Silence = "offline";

    /// <summary>The name of the evidence that says which fault the terminals of a version have.</summary>
    public const string MemberFault = "memberFault";

    private readonly Dictionary<string, long> _sinceMs = [];
    private readonly Dictionary<string, int> _most = [];

    /// <summary>Terminals of a version with one fault, and when each began.</summary>
    private sealed record Suspect(GroupKind Kind, string Subject, string Fault)
    {
        public Dictionary<string, long> BeganMs { get; } = [];
        public long FirstJoinedMs { get; set; } = long.MaxValue;
        public HashSet<string> Standing { get; } = [];
    }

    private readonly record struct Verdict(Suspect Suspect, double LogChance, ImmutableArray<Evidence> Evidence);

    /// <summary>What is to be said now.</summary>
    /// <param name="troubles">What stands, and what began within twice the window; cohorts' own that stand too.</param>
    public IReadOnlyList<Finding> Look(IReadOnlyCollection<Trouble> troubles, long nowMs)
    {
        var raised = troubles.Where(t => GroupKind.Of(t.Subject) is { IsCompared: true }).ToList();
        var told = raised.Where(own => IsOver(own, troubles, nowMs))
            .Select(own => new Finding(own.Subject, own.Fault, FindingKind.Cleared, own.RaisedAtMs, nowMs, [])).ToList();
        var verdicts = Suspects(troubles, nowMs).Where(suspect => raised.TrueForAll(own => own.Subject != suspect.Subject))
            .Select(suspect => Judge(suspect, troubles, nowMs)).OfType<Verdict>().ToList();
        var guilty = verdicts.Select(verdict => verdict.Suspect.Subject).ToHashSet();
        foreach (var subject in _sinceMs.Keys.Where(subject => raised.TrueForAll(own => own.Subject != subject) && !guilty.Contains(subject))) _sinceMs.Remove(subject);

        // An app and a firmware that came together have one fault between them: the plainer one's.
        var explained = raised.SelectMany(own => Showing(own, troubles)).ToHashSet();
        foreach (var (suspect, _, evidence) in verdicts.OrderBy(verdict => verdict.LogChance).ThenBy(verdict => verdict.Suspect.Kind == GroupKind.App ? 0 : 1))
        {
            if (suspect.BeganMs.Keys.Count(explained.Contains) * 2 > suspect.BeganMs.Count || told.Exists(one => one.Subject == suspect.Subject) || !HasHeld(suspect.Subject, nowMs)) continue;
            explained.UnionWith(suspect.BeganMs.Keys);
            _sinceMs.Remove(suspect.Subject);
            told.Add(new(suspect.Subject, GroupKind.App.Fault, FindingKind.Raised, suspect.BeganMs.Values.Min(), nowMs, evidence));
        }
        return told;
    }

    /// <summary>
    /// An upper bound of ln P(X ≥ count) of a binomial variable, −n D(count/n ‖ share) where count/n is above the share,
    /// else 0 (Chernoff; Mitzenmacher and Upfal, Probability and Computing, exercise 4.7).
    /// </summary>
    internal static double LogTail(int count, int of, double share)
    {
        var seen = count / (double)of;
        return seen <= share ? 0 : -of * ((seen * Math.Log(seen / share)) + (seen == 1 ? 0 : (1 - seen) * Math.Log((1 - seen) / (1 - share))));
    }

    private bool HasHeld(string subject, long nowMs)
    {
        if (!_sinceMs.TryGetValue(subject, out var sinceMs)) _sinceMs[subject] = sinceMs = nowMs;
        return nowMs - sinceMs >= limits.HoldMs;
    }

    /// <summary>Who has the fault since it changed to a version not long ago.</summary>
    private IEnumerable<Suspect> Suspects(IEnumerable<Trouble> troubles, long nowMs)
    {
        var suspects = new Dictionary<(string, string), Suspect>();
        foreach (var trouble in troubles)
        {
            if (trouble.RaisedAtMs < nowMs - limits.WindowMs || !GroupKind.App.Explains(trouble.Fault)) continue;
            var said = census.Find(trouble.Subject);
            foreach (var kind in GroupKind.Compared)
            {
                var (subject, sinceMs) = kind.Joined(said);
                if (subject is null || sinceMs == 0 || sinceMs < nowMs - limits.RolloutMs || trouble.RaisedAtMs < sinceMs) continue;
                if (!suspects.TryGetValue((subject, trouble.Fault), out var suspect)) suspects[(subject, trouble.Fault)] = suspect = new(kind, subject, trouble.Fault);
                suspect.BeganMs.TryAdd(trouble.Subject, trouble.RaisedAtMs);
                if (!trouble.IsCleared) suspect.Standing.Add(trouble.Subject);
                suspect.FirstJoinedMs = Math.Min(suspect.FirstJoinedMs, sinceMs);
            }
        }
        return suspects.Values.Where(s => s.BeganMs.Count >= limits.LeastMembers && s.Standing.Count >= limits.ClearShare * s.BeganMs.Count
            && s.BeganMs.Keys.Select(serial => siteOf(serial) ?? serial).Distinct().Take(limits.LeastSites).Count() == limits.LeastSites);
    }

    /// <summary>Null where it is no worse than the others, or chance.</summary>
    private Verdict? Judge(Suspect suspect, IReadOnlyCollection<Trouble> troubles, long nowMs)
    {
        // The others at the same time: what befalls everybody today is not the version's.
        var fromMs = Math.Max(nowMs - limits.WindowMs, suspect.FirstJoinedMs);
        var silent = troubles.Where(t => t.Fault == Silence && !t.IsCleared && t.RaisedAtMs < fromMs).Select(t => t.Subject);
        var hours = census.HoursOf(suspect.Kind, suspect.Subject, fromMs, nowMs, limits, silent);
        var same = troubles.Where(t => t.Fault == suspect.Fault).Select(t => (Trouble: t, Of: suspect.Kind.Joined(census.Find(t.Subject)))).ToList();
        var areEnough = hours.Others >= CohortLimits.EnoughOthers * hours.Joined;
        var (count, otherHours) = (suspect.BeganMs.Count, areEnough ? hours.Others : hours.Before);
        var others = same.Where(t => areEnough
            ? t.Of.Subject is not null && t.Of.Subject != suspect.Subject && t.Trouble.RaisedAtMs >= fromMs
            : t.Of.Subject == suspect.Subject && t.Trouble.RaisedAtMs < t.Of.SinceMs && t.Trouble.RaisedAtMs >= nowMs - 2 * limits.WindowMs)
            .Select(t => t.Trouble.Subject).Distinct().Count();
        if (otherHours <= 0 || hours.Joined <= 0 || count * otherHours < limits.LeastRatio * others * hours.Joined) return null;
        var looks = census.Versions * GroupKind.App.Explained.Count;
        var logChance = LogTail(count, count + others, hours.Joined / (hours.Joined + otherHours)) + Math.Log(looks);
        if (logChance > limits.LogChance) return null;
        return new(suspect, logChance,
        [
            new(MemberFault, Text: suspect.Fault), new("membersDown", count), new("members", hours.Members),
            new("perHundredTerminalDays", Rate(count, hours.Joined)), new("usualPerHundredTerminalDays", Rate(others, otherHours)),
            new("comparedWith", Text: areEnough ? "other versions" : "before"),
            new("models", Text: string.Join(", ", suspect.BeganMs.Keys.Select(modelOf).OfType<string>().Distinct().Order(StringComparer.Ordinal).Take(5))),
        ]);

        static double Rate(int terminals, double hours) => Math.Round(100 * 24 * terminals / hours, 2);
    }

    /// <summary>Who of a cohort that is raised shows its fault now.</summary>
    private IEnumerable<string> Showing(Trouble own, IEnumerable<Trouble> troubles)
    {
        var kind = GroupKind.Of(own.Subject)!;
        return troubles.Where(t => !t.IsCleared && t.Fault == own.CausedFault && t.RaisedAtMs >= own.RaisedAtMs && kind.Joined(census.Find(t.Subject)).Subject == own.Subject)
            .Select(t => t.Subject);
    }

    private bool IsOver(Trouble own, IEnumerable<Trouble> troubles, long nowMs)
    {
        var showing = Showing(own, troubles).Distinct().Count();
        var most = _most[own.Subject] = Math.Max(showing, _most.GetValueOrDefault(own.Subject));
        if (showing > 0 && showing >= limits.ClearShare * most)
        {
            _sinceMs.Remove(own.Subject);
            return false;
        }
        if (!HasHeld(own.Subject, nowMs)) return false;
        _sinceMs.Remove(own.Subject);
        _most.Remove(own.Subject);
        return true;
    }
}
