namespace Fleet.Grains.Faults;

/// <summary>When a terminal is away from the place it is used at.</summary>
public sealed record MovedOrStolenLimits
{
    /// <summary>How far from its place it is away, apart from what the fix may err.</summary>
    public double AwayMetres { get; init; } = 500;

    /// <summary>How near it is back.</summary>
    public double BackMetres { get; init; } = 300;

    /// <summary>How far a fix errs that does not say so (Wi-Fi or cell).</summary>
    public double UsualAccuracyMetres { get; init; } = 100;

    /// <summary>A fix that errs more says nothing.</summary>
    public double WorstAccuracyMetres { get; init; } = 2000;

    /// <summary>How many of its accuracies a fix may err: of a plane normal distribution 2.5 radii of 68 % hold all but one in 1200.</summary>
    public double Accuracies { get; init; } = 2.5;

    /// <summary>How many hours in one place make it the terminal's own.</summary>
    public int HoursToLearn { get; init; } = 24;

    /// <summary>How long it must be away.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long where its SIM was exchanged, it was tampered with, or the cell is one it was never in.</summary>
    public TimeSpan HoldWithSupport { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After so long the new place is its own.</summary>
    public TimeSpan AcceptAfter { get; init; } = TimeSpan.FromDays(30);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("MovedOrStolen:AwayMetres", AwayMetres, 50, 100_000),
        .. FaultLimits.Range("MovedOrStolen:BackMetres", BackMetres, 20, 100_000),
        .. FaultLimits.Range("MovedOrStolen:UsualAccuracyMetres", UsualAccuracyMetres, 1, 10_000),
        .. FaultLimits.Range("MovedOrStolen:WorstAccuracyMetres", WorstAccuracyMetres, 10, 100_000),
        .. FaultLimits.Range("MovedOrStolen:Accuracies", Accuracies, 1, 10),
        .. FaultLimits.Range("MovedOrStolen:HoursToLearn", HoursToLearn, 2, 250),
        .. FaultLimits.Range("MovedOrStolen:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("MovedOrStolen:HoldWithSupport", HoldWithSupport, TimeSpan.Zero, HoldFor),
        .. FaultLimits.Range("MovedOrStolen:AcceptAfter", AcceptAfter, TimeSpan.FromDays(1), TimeSpan.FromDays(365)),
        .. FaultLimits.Below("MovedOrStolen:BackMetres", BackMetres, "MovedOrStolen:AwayMetres", AwayMetres),
    ];
}
