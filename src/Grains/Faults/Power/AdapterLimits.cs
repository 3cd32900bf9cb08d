namespace Fleet.Grains.Faults;

/// <summary>When mains that are lost, or do not charge, are the adapter's or the cable's fault.</summary>
public sealed record AdapterLimits
{
    /// <summary>A terminal that is on mains for at least this share of its time stands there; the others are carried around.</summary>
    public double StandsOnMainsShare { get; init; } = 0.98;

    /// <summary>For how long a terminal must have been watched before that is known.</summary>
    public TimeSpan LearnFor { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How long mains are lost in trading hours before that is a fault, and how long the other signs must last.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long all is well before the fault is gone.</summary>
    public TimeSpan ClearFor { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>How often mains may be lost within about an hour beyond three times what is usual for the terminal.</summary>
    public double Losses { get; init; } = 5;

    /// <summary>By how much (0 to 1) the charge falls on mains before that is a fault.</summary>
    public double Fall { get; init; } = 0.08;

    /// <summary>Above this charge it may fall on mains: chargers rest there to spare the battery.</summary>
    public double RestingCharge { get; init; } = 0.75;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Adapter:StandsOnMainsShare", StandsOnMainsShare, 0.5, 1),
        .. FaultLimits.Range("Adapter:LearnFor", LearnFor, TimeSpan.FromHours(1), TimeSpan.FromDays(60)),
        .. FaultLimits.Range("Adapter:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Adapter:ClearFor", ClearFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Adapter:Losses", Losses, 2, 100),
        .. FaultLimits.Range("Adapter:Fall", Fall, 0.02, 0.5),
        .. FaultLimits.Range("Adapter:RestingCharge", RestingCharge, 0.3, 1),
    ];
}
