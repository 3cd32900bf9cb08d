namespace Fleet.Grains.Neighbours;

/// <summary>When what terminals of one version show is the version's fault.</summary>
/// <param name="WindowMs">Faults that began within this time are compared; the same time before is known for comparing with the past.</param>
/// <param name="RolloutMs">For so long after a terminal changed to a version it may show what is wrong with it.</param>
/// <param name="LeastMembers">Fewer terminals with the fault than this are never their version's.</param>
/// <param name="LeastSites">Nor are those of fewer sites.</param>
/// <param name="LeastRatio">How many times the others' rate it must be at least.</param>
/// <param name="LogChance">The natural logarithm of the chance at which coincidence is no longer believed, over all versions and faults that are looked at.</param>
/// <param name="HoldMs">For how long it must be so before it is said, and over before that is said.</param>
/// <param name="ClearShare">It is over when fewer of those that showed it than this share still do, 0 to 1; who has left the version does not.</param>
public sealed record CohortLimits(
    long WindowMs, long RolloutMs, int LeastMembers, int LeastSites, double LeastRatio, double LogChance, long HoldMs, double ClearShare)
{
    private const long HourMs = 3_600_000;

    public static CohortLimits Default { get; } = new(24 * HourMs, 7 * 24 * HourMs, 5, 2, 3, -14, HourMs / 6, 0.3);

    /// <summary>With fewer hours of others than this share of its own a version is compared with its terminals' time before it.</summary>
    internal const double EnoughOthers = 0.25;
}
