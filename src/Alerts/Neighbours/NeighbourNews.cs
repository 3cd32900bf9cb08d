using System.Collections.Immutable;
using Fleet.Alerts.Book;
using Fleet.Grains.Neighbours;

namespace Fleet.Alerts.Neighbours;

/// <summary>
/// What groups are to be told: noted when a change is committed, taken in one batch for each group. Never full: a group
/// with more to hear than is sensible reads its members anew instead.
/// </summary>
internal sealed class NeighbourNews
{
    /// <summary>Of one group; ten seconds of a storm that a carrier's grain bears.</summary>
    private const int MostOfGroup = 100_000;

    private readonly Lock _lock = new();
    private Dictionary<string, List<MemberChange>?> _byGroup = [];

    /// <param name="groups">Those that may be the cause of the alert, or whose own it is.</param>
    public void Note(AlertRow alert, IEnumerable<string> groups)
    {
        var change = new MemberChange(alert.Terminal, alert.Fault, alert.State is AlertState.Cleared, alert.RaisedAt, (long)EvidenceJson.Number(alert.Evidence, GroupKind.LastHeard));
        lock (_lock)
            foreach (var group in groups)
            {
                var kind = GroupKind.Of(group)!;
                if (kind.IsCompared || (group != alert.Terminal && !kind.Counts(alert.Fault))) continue;
                if (!_byGroup.TryGetValue(group, out var changes)) _byGroup[group] = changes = [];
                if (changes is null) continue; // it will read this one too
                if (changes.Count == MostOfGroup) _byGroup[group] = null;
                else changes.Add(change);
            }
    }

    /// <summary>A group that could not be told reads its members anew when it can.</summary>
    public void NoteMissed(string group)
    {
        lock (_lock) _byGroup[group] = null;
    }

    /// <summary>What has been noted since the last time; null for a group that is to read its members anew.</summary>
    public IReadOnlyList<(string Group, ImmutableArray<MemberChange>? Changes)> Take()
    {
        Dictionary<string, List<MemberChange>?> taken;
        lock (_lock)
        {
            if (_byGroup.Count == 0) return [];
            (taken, _byGroup) = (_byGroup, []);
        }
        return [.. taken.Select(g => (g.Key, g.Value is null ? (ImmutableArray<MemberChange>?)null : [.. g.Value]))];
    }
}
