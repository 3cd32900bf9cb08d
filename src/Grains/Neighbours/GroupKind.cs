using System.Collections.Frozen;

namespace Fleet.Grains.Neighbours;

/// <summary>
/// One way in which terminals share a cause: how its groups are named, which faults of members it explains, and what it
/// finds. The order of <see cref="All"/> is from the narrowest to the widest.
/// </summary>
public sealed class GroupKind
{
    /// <summary>What hosts answer when the card's issuer, or the way to it, is down (ISO 8583:1987 field 39).</summary>
    private const string IssuerUnavailable = "91";

    /// <summary>A boot loop is the terminal's own; the silence of an empty battery may be a long power cut, and with its neighbours' the carrier's.</summary>
    private const string SilentStart = "no-start:silent";

    /// <summary>What a terminal shows whose payments are declined for that; for other reasons it is the cards' or the customers'.</summary>
    private const string IssuerDown = $"declines:{IssuerUnavailable}";

    /// <summary>What evidence of silence calls its beginning, Unix ms.</summary>
    public const string LastHeard = Faults.Offline.LastHeard;

    private readonly FrozenSet<string> _explains, _counts;
    private readonly Func<Surroundings, string?> _name;

    private GroupKind(string prefix, string fault, GroupLimits limits, Func<Surroundings, string?> name, params string[] explains) =>
        (Prefix, Fault, Limits, _name, _explains, _counts) = (prefix, fault, limits, name, explains.ToFrozenSet(),
            explains.Where(sign => sign is not ("site-outage" or "carrier-outage")).Select(sign => sign.Split(':')[0]).ToFrozenSet());

    /// <summary>No power or no network in the shop.</summary>
    public static GroupKind Site { get; } = new("site:", "site-outage", GroupLimits.Site, s => s.Site,
        "offline", "adapter-fault", "network-cable", SilentStart)
    {
        Losses = [.. Loss.OfAnything, new(Without.Mains, "mains", "adapter-fault", "no-start", Loss.OnBattery), new(Without.Cable, "network", "network-cable")],
    };

    /// <summary>A mast is down. Its terminals are those that live in it, by the census.</summary>
    public static GroupKind Cell { get; } = new(Census.OfCell, "carrier-outage", GroupLimits.Cell, s => s.Cell,
        "offline", "weak-signal", "sim-fault", "link-flapping", SilentStart, Site.Fault);

    /// <summary>All of a carrier, or so much of it that it is no matter of single cells.</summary>
    public static GroupKind Carrier { get; } = new("carrier:", "carrier-outage", GroupLimits.Carrier, s => s.Carrier,
        "offline", "weak-signal", "sim-fault", "link-flapping", SilentStart, Site.Fault, Cell.Fault);

    /// <summary>
    /// No power in many shops of a region. Who has a battery says so, and who has none is silent; silence alone is no power cut.
    /// It is wider than a carrier: one that has its terminals in the region seems to be out, and no carrier takes mains away.
    /// </summary>
    public static GroupKind Region { get; } = new("region:", Site.Fault, GroupLimits.Region, s => s.Region,
        "offline", "adapter-fault", SilentStart, Site.Fault, Carrier.Fault)
    {
        Losses = [new(Without.Mains, "mains", "adapter-fault", "no-start", Loss.OnBattery) { LeastCertain = 2 }],
    };

    /// <summary>Banks that cannot be reached, as terminals all over the fleet are told (code 91): the wire does not name the issuer.</summary>
    public static GroupKind Issuer { get; } = new("issuer:", "declines", GroupLimits.Issuer, s => s.Site is null ? null : "unnamed", IssuerDown);

    /// <summary>A version of the app that is worse than the others; see <see cref="Cohorts"/>.</summary>
    public static GroupKind App { get; } = Cohort(Census.OfApp, s => s.App);

    public static GroupKind Firmware { get; } = Cohort(Census.OfFirmware, s => s.Firmware);

    public static IReadOnlyList<GroupKind> All { get; } = [Site, Cell, Carrier, Region, Issuer, App, Firmware];

    /// <summary>
    /// Those whose groups are found by being compared with each other, all at once. They show it after hours: a member's
    /// fault does not wait for them, and goes on being told while they are its cause.
    /// </summary>
    public static IReadOnlyList<GroupKind> Compared { get; } = [App, Firmware];

    /// <summary>The kind of a group by its subject; null for a terminal's serial, which has no colon.</summary>
    public static GroupKind? Of(string subject) => All.FirstOrDefault(kind => subject.StartsWith(kind.Prefix, StringComparison.Ordinal));

    /// <summary>What a fault is a sign of: itself, or the one of its reasons that may lie outside the terminal.</summary>
    /// <param name="evidence">A text of its evidence: of declines the response codes, of a terminal that does not start the reason.</param>
    public static string Sign(string fault, Func<string, string?> evidence) => fault switch
    {
        "declines" when evidence("codes")?.Split(", ").Contains(IssuerUnavailable) == true => IssuerDown,
        "no-start" when evidence("reason") == Faults.NoStart.Silent => SilentStart,
        _ => fault,
    };

    /// <summary>The groups that may explain what a subject shows in its surroundings, the narrowest first; a group's may only be wider ones.</summary>
    public static IEnumerable<(GroupKind Kind, string Subject)> Explaining(string subject, string sign, Surroundings around)
    {
        foreach (var kind in Wider(Of(subject)))
            if (kind.Explains(sign) && kind.SubjectIn(around) is { } group) yield return (kind, group);
    }

    public bool IsCompared => Compared.Contains(this);

    /// <summary>Of a kind that is compared: which group of it a terminal is in, and since when, Unix ms; 0 where it never said another.</summary>
    public (string? Subject, long SinceMs) Joined(in Said said) => this == App
        ? (SubjectIn(new(App: said.App)), said.AppSinceMs) : (SubjectIn(new(Firmware: said.Firmware)), said.FirmwareSinceMs);

    /// <summary>Whether a group's fault may have a cause that is wider yet.</summary>
    public bool IsExplained => Wider(this).Any(kind => kind.Explains(Fault));

    /// <summary>What its subjects begin with, e.g. <c>site:</c>.</summary>
    public string Prefix { get; }

    /// <summary>What its groups find.</summary>
    public string Fault { get; }
    public GroupLimits Limits { get; }

    /// <summary>What its members may lose together.</summary>
    private IReadOnlyList<Loss> Losses { get; init; } = Loss.OfAnything;

    /// <summary>The group of this kind in these surroundings; null for none.</summary>
    public string? SubjectIn(Surroundings around) => _name(around) is { } name ? Prefix + name : null;

    /// <summary>Whether who belongs to a group of this kind is known by the terminals' own word, and not by the register.</summary>
    public bool IsOfCensus => this == Cell || IsCompared;

    /// <summary>The signs (<see cref="Sign"/>) of members, and of narrower groups, that it may be the cause of.</summary>
    public IReadOnlySet<string> Explained => _explains;

    public bool Explains(string sign) => _explains.Contains(sign);

    /// <summary>Whether it counts a fault that is placed in one of its groups: another group's finding is explained but not counted, for its members are counted already.</summary>
    public bool Counts(string fault) => _counts.Contains(fault);

    /// <param name="siteOf">Where a member stands; null for nowhere known.</param>
    /// <param name="without">Which of its members do without something; nobody knows of none.</param>
    public Group New(string subject, int members, Func<string, string?> siteOf, Func<Without, IReadOnlyDictionary<string, long>>? without = null) =>
        new(subject, Fault, members, Limits, siteOf, Losses, without);

    private static GroupKind Cohort(string prefix, Func<Surroundings, string?> name) => new(prefix, "cohort-regression", GroupLimits.Cohort, name,
        "system-fault", "no-start", "error-code", "memory-low", "storage-low", "reader-fault", "print-head-fault", "bad-reports", "clock-wrong", "receipt-mismatch");

    private static IEnumerable<GroupKind> Wider(GroupKind? kind) => kind is null ? All : All.SkipWhile(one => one != kind).Skip(1);
}
