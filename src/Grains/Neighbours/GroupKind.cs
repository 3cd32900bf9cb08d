using System.Collections.Frozen;

namespace Fleet.Grains.Neighbours;

/// <summary>
/// One way in which terminals share a cause: how its groups are named, which faults of members it explains, and what it
/// finds. The order of <see cref="All"/> is from the narrowest to the widest.
/// </summary>
public sealed class GroupKind
{
    private readonly FrozenSet<string> _explains;
    private readonly Func<Surroundings, string?> _name;

    private GroupKind(string prefix, string fault, GroupLimits limits, Func<Surroundings, string?> name, params string[] explains) =>
        (Prefix, Fault, Limits, _name, _explains) = (prefix, fault, limits, name, explains.ToFrozenSet());

    /// <summary>No power or no network in the shop.</summary>
    public static GroupKind Site { get; } = new("site:", "site-outage", GroupLimits.Site, s => s.Site,
        "offline", "adapter-fault", "network-cable");

    public static GroupKind Cell { get; } = new("cell:", "carrier-outage", GroupLimits.Carrier, s => s.Cell,
        "offline", "weak-signal", "sim-fault", "link-flapping", Site.Fault);

    public static GroupKind Carrier { get; } = new("carrier:", "carrier-outage", GroupLimits.Carrier, s => s.Carrier,
        "offline", "weak-signal", "sim-fault", "link-flapping", Site.Fault);

    public static IReadOnlyList<GroupKind> All { get; } = [Site, Cell, Carrier];

    /// <summary>The kind of a group by its subject; null for a terminal's serial, which has no colon.</summary>
    public static GroupKind? Of(string subject) => All.FirstOrDefault(kind => subject.StartsWith(kind.Prefix, StringComparison.Ordinal));

    /// <summary>The groups that may explain a fault in these surroundings, the narrowest first.</summary>
    public static IEnumerable<(GroupKind Kind, string Subject)> Explaining(string fault, Surroundings around)
    {
        foreach (var kind in All)
            if (kind.Explains(fault) && kind.SubjectIn(around) is { } subject) yield return (kind, subject);
    }

    /// <summary>What its subjects begin with, e.g. <c>site:</c>.</summary>
    public string Prefix { get; }

    /// <summary>What its groups find.</summary>
    public string Fault { get; }
    public GroupLimits Limits { get; }

    /// <summary>The group of this kind in these surroundings; null for none.</summary>
    public string? SubjectIn(Surroundings around) => _name(around) is { } name ? Prefix + name : null;

    public bool Explains(string fault) => _explains.Contains(fault);

    /// <summary>Whether it counts a fault: another group's finding is explained but not counted, for its members are counted already.</summary>
    public bool Counts(string fault) => Explains(fault) && fault != Site.Fault;

    public Group New(string subject, int members) => new(subject, Fault, members, Limits);
}
