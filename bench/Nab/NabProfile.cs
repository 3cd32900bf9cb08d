using System.Collections.Immutable;

namespace Fleet.Bench.Nab;

/// <summary>
/// What the benchmark's three users weigh: a window that was found, a false alarm, a window that was missed. From
/// <c>config/profiles.json</c> of numenta/NAB.
/// </summary>
/// <param name="Name">As NAB writes it.</param>
internal sealed record NabProfile(string Name, double TruePositive, double FalsePositive, double FalseNegative)
{
    public static ImmutableArray<NabProfile> All { get; } =
    [
        new("standard", 1, 0.11, 1),
        new("reward_low_FP_rate", 1, 0.22, 1),
        new("reward_low_FN_rate", 1, 0.11, 2),
    ];

    /// <summary>100 for a detector that finds all windows at their first row and says nothing else, 0 for one that never says anything.</summary>
    /// <param name="raw">The sum over all series.</param>
    /// <param name="rawOfNull">The same sum of the detector that never says anything.</param>
    /// <param name="windows">Of all series.</param>
    public double Normalised(double raw, double rawOfNull, int windows) => 100 * (raw - rawOfNull) / ((windows * TruePositive) - rawOfNull);
}
