using System.Collections.Immutable;

namespace Fleet.Grains.Neighbours;

/// <summary>A member's fault began or ended, as the book has committed it.</summary>
/// <param name="Member">The terminal's serial; the group's own subject where a person cleared the group's alert.</param>
/// <param name="LastHeardAtMs">Of silence: since when, Unix ms; 0 where it is something else.</param>
[GenerateSerializer, Immutable, Alias("fleet.memberChange")]
public readonly record struct MemberChange(
    [property: Id(0)] string Member, [property: Id(1)] string Fault, [property: Id(2)] bool IsCleared, [property: Id(3)] long RaisedAtMs,
    [property: Id(4)] long LastHeardAtMs = 0);

/// <summary>One group of terminals, keyed by its subject, e.g. <c>site:S1</c> or <c>carrier:46000</c>.</summary>
public interface IGroupGrain : IGrainWithStringKey
{
    /// <summary>Hears what its members show, many changes at once; none at all only wakes it. Heard twice it changes nothing.</summary>
    ValueTask Hear(ImmutableArray<MemberChange> changes);

    /// <summary>Reads its members' faults anew: some changes could not be told.</summary>
    ValueTask Reload();
}

/// <summary>All versions of apps and firmwares, which are compared with each other; keyed by 0, for there is one of it.</summary>
public interface ICohortGrain : IGrainWithIntegerKey
{
    /// <summary>It looks by itself from then on, and may have to stand up elsewhere when its silo falls.</summary>
    ValueTask Wake();
}

/// <summary>The way to the groups.</summary>
public interface IGroups
{
    IGroupGrain Of(string group);

    ICohortGrain Cohorts { get; }
}

/// <summary>The wall to the store: who belongs to a group, and what is the matter with them.</summary>
public interface IMembers
{
    /// <summary>How many terminals the register, or the census, has in a group.</summary>
    int CountOf(string group);

    /// <summary>The site of a terminal; null for one the register does not have.</summary>
    string? SiteOf(string serial);

    string? ModelOf(string serial);

    /// <summary>The members of a site or a region that do without something, by the census; see <see cref="Census.Lacking"/>.</summary>
    IReadOnlyDictionary<string, long> Without(string group, Without what);

    /// <summary>The raised faults that count for a group and its own, if it is raised: its own first, the others in the order they were raised.</summary>
    Task<ImmutableArray<MemberChange>> OpenAsync(string group, CancellationToken stop);

    /// <summary>The faults that versions may be the cause of, and silences: those that stand and those that began since; and the versions' own that stand.</summary>
    Task<IReadOnlyList<Trouble>> TroublesAsync(long fromMs, CancellationToken stop);
}
