namespace Fleet.Grains.Neighbours;

/// <summary>When what the members of a group show together is the group's own fault.</summary>
/// <param name="WindowMs">Faults that began within this time of each other may have one cause.</param>
/// <param name="LeastMembers">Fewer members than this are never a group fault.</param>
/// <param name="LeastShare">Nor is a smaller share of all members, 0 to 1.</param>
/// <param name="LogChance">The natural logarithm of the chance at which coincidence is no longer believed.</param>
/// <param name="ClearShare">It may clear once fewer of those it covers than this share remain, 0 to 1.</param>
/// <param name="ClearHoldMs">And once that has held for this long.</param>
/// <param name="UsualPerMemberHour">Faults a member begins in an hour, believed until the group has taught better.</param>
/// <param name="LeastSites">Members of fewer sites than this have their cause in the site.</param>
public sealed record GroupLimits(
    long WindowMs, int LeastMembers, double LeastShare, double LogChance, double ClearShare, long ClearHoldMs, double UsualPerMemberHour, int LeastSites)
{
    /// <summary>All terminals of a site, two at least. Once one is back, the site has power and network, and what is left is the others' own.</summary>
    public static GroupLimits Site { get; } = new(120_000, 2, 1, -9, 1, 60_000, 0.003, 1);

    /// <summary>A cell has few terminals, and when it fails most of them show it; those of one shop alone have no power.</summary>
    public static GroupLimits Cell { get; } = new(180_000, 5, 0.3, -16, 0.3, 120_000, 0.003, 2);

    /// <summary>
    /// A region: a part of it may be dark, and that of several shops. Silence is noticed after minutes, and who has a battery is
    /// believed to have lost its mains after ten (<see cref="Faults.AdapterLimits.HoldFor"/>).
    /// </summary>
    public static GroupLimits Region { get; } = new(900_000, 5, 0.2, -16, 0.3, 120_000, 0.003, 3);

    /// <summary>A carrier: a share no chance explains.</summary>
    public static GroupLimits Carrier { get; } = new(180_000, 5, 0.05, -16, 0.3, 120_000, 0.003, 2);

    /// <summary>
    /// An issuer, or the way to all of them. Terminals show it when enough customers have been declined, which takes a busy
    /// one minutes and a quiet one an hour.
    /// </summary>
    public static GroupLimits Issuer { get; } = new(1_800_000, 5, 0.01, -16, 0.3, 600_000, 0.0005, 3);

    /// <summary>A version, which is no <see cref="Group"/>: what of it the book needs.</summary>
    public static GroupLimits Cohort { get; } = new(CohortLimits.Default.WindowMs, CohortLimits.Default.LeastMembers, 0, CohortLimits.Default.LogChance,
        CohortLimits.Default.ClearShare, CohortLimits.Default.HoldMs, 0, CohortLimits.Default.LeastSites);
}
