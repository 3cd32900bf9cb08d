namespace Fleet.Grains.Faults;

/// <summary>The thresholds of the detectors, as the operator may set them. <see cref="Check"/> says what is wrong with them.</summary>
public sealed record FaultLimits
{
    public static FaultLimits Default { get; } = new();

    public WeakSignalLimits WeakSignal { get; init; } = new();
    public ReaderLimits Reader { get; init; } = new();
    public BadCardLimits BadCard { get; init; } = new();
    public PaperLimits Paper { get; init; } = new();
    public OfflineLimits Offline { get; init; } = new();

    /// <summary>One sentence for each setting that is out of its range, with its name and the values; empty where all is well.</summary>
    public IEnumerable<string> Check() =>
        [.. WeakSignal.Check(), .. Reader.Check(), .. BadCard.Check(), .. Paper.Check(), .. Offline.Check()];

    internal static IEnumerable<string> Range<T>(string setting, T value, T from, T to) where T : IComparable<T>
    {
        if (value.CompareTo(from) < 0 || value.CompareTo(to) > 0)
            yield return FormattableString.Invariant($"Faults:{setting} is {value}; it must be from {from} to {to}.");
    }

    internal static IEnumerable<string> Below<T>(string setting, T value, string other, T limit) where T : IComparable<T>
    {
        if (value.CompareTo(limit) >= 0)
            yield return FormattableString.Invariant($"Faults:{setting} is {value}; it must be below Faults:{other}, which is {limit}.");
    }
}

/// <param name="HoldFor">How long the signal is weak before it is a fault.</param>
/// <param name="ClearFor">How long it is good, with margin, before the fault is gone.</param>
/// <param name="MaxGap">Readings further apart say nothing about the time between them.</param>
/// <param name="RsrpMarginDb">How far above the weak class RSRP must be to count as good; RSSI likewise.</param>
public sealed record WeakSignalLimits(TimeSpan HoldFor, TimeSpan ClearFor, TimeSpan MaxGap, double RsrpMarginDb = 3, double SnrMarginDb = 1)
{
    public WeakSignalLimits() : this(TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(120), TimeSpan.FromMinutes(15)) { }

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("WeakSignal:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("WeakSignal:ClearFor", ClearFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
        .. FaultLimits.Range("WeakSignal:MaxGap", MaxGap, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        .. FaultLimits.Range("WeakSignal:RsrpMarginDb", RsrpMarginDb, 0, 20),
        .. FaultLimits.Range("WeakSignal:SnrMarginDb", SnrMarginDb, 0, 20),
    ];
}

/// <param name="PriorShare">Failed share of a reader of which nothing is known yet.</param>
/// <param name="PriorReads">How many reads that belief weighs.</param>
/// <param name="MemoryReads">How many reads the learned share remembers.</param>
/// <param name="LargestUsualShare">No reader may get used to failing more than this.</param>
/// <param name="FaultShare">The least failed share that is a fault.</param>
/// <param name="FaultRatio">How many times its usual share is a fault.</param>
/// <param name="FalseAlarm">Chance that a healthy read raises the fault.</param>
/// <param name="Missed">Chance that a broken reader is believed healthy again.</param>
/// <param name="Cards">How many different cards must have failed.</param>
/// <param name="GoodReadsToClear">The fewest good reads that end the fault.</param>
public sealed record ReaderLimits(
    double PriorShare = 0.02, double PriorReads = 100, double MemoryReads = 2000, double LargestUsualShare = 0.10,
    double FaultShare = 0.20, double FaultRatio = 4, double FalseAlarm = 1e-6, double Missed = 0.01, int Cards = 3, int GoodReadsToClear = 20)
{
    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Reader:PriorShare", PriorShare, 0.001, 0.1),
        .. FaultLimits.Range("Reader:PriorReads", PriorReads, 1, 10_000),
        .. FaultLimits.Range("Reader:MemoryReads", MemoryReads, 100, 1_000_000),
        .. FaultLimits.Range("Reader:LargestUsualShare", LargestUsualShare, 0.01, 0.15),
        .. FaultLimits.Range("Reader:FaultShare", FaultShare, 0.05, 0.5),
        .. FaultLimits.Range("Reader:FaultRatio", FaultRatio, 2, 6),
        .. FaultLimits.Range("Reader:FalseAlarm", FalseAlarm, 1e-12, 0.01),
        .. FaultLimits.Range("Reader:Missed", Missed, 1e-6, 0.1),
        .. FaultLimits.Range("Reader:Cards", Cards, 2, 100),
        .. FaultLimits.Range("Reader:GoodReadsToClear", GoodReadsToClear, 1, 1000),
        .. FaultLimits.Below("Reader:PriorShare", PriorShare, "Reader:LargestUsualShare", LargestUsualShare),
    ];
}

/// <param name="Failures">How often one card must fail.</param>
/// <param name="GoodReads">How many good reads of others around it say that the reader works.</param>
/// <param name="GoodReadsToClear">After so many good reads in a row the card is gone.</param>
/// <param name="QuietFor">After so long without a failure the card is gone.</param>
public sealed record BadCardLimits(int Failures, int GoodReads, int GoodReadsToClear, TimeSpan QuietFor)
{
    public BadCardLimits() : this(3, 2, 10, TimeSpan.FromMinutes(30)) { }

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("BadCard:Failures", Failures, 2, 100),
        .. FaultLimits.Range("BadCard:GoodReads", GoodReads, 1, 100),
        .. FaultLimits.Range("BadCard:GoodReadsToClear", GoodReadsToClear, 2, 1000),
        .. FaultLimits.Range("BadCard:QuietFor", QuietFor, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
        .. FaultLimits.Below("BadCard:GoodReads", GoodReads, "BadCard:GoodReadsToClear", GoodReadsToClear),
    ];
}

/// <param name="ReceiptsLeftToRaise">With so many receipts left the roll should be changed.</param>
/// <param name="ReceiptsLeftToClear">With more left than this, the forecast was wrong.</param>
/// <param name="LargestShareToRaise">A roll fuller than this is not low, whatever the forecast says.</param>
/// <param name="Reports">In how many reports in a row it must be low.</param>
/// <param name="NewRollRise">A rise of the paper's share by more than this is a new roll.</param>
/// <param name="UsualReceiptsPerRoll">A 57×40 mm roll holds about 20 m, a receipt takes about 15 cm.</param>
public sealed record PaperLimits(
    double ReceiptsLeftToRaise = 20, double ReceiptsLeftToClear = 40, double LargestShareToRaise = 0.5, int Reports = 2,
    double NewRollRise = 0.3, double UsualReceiptsPerRoll = 130)
{
    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Paper:ReceiptsLeftToRaise", ReceiptsLeftToRaise, 1, 200),
        .. FaultLimits.Range("Paper:ReceiptsLeftToClear", ReceiptsLeftToClear, 2, 500),
        .. FaultLimits.Range("Paper:LargestShareToRaise", LargestShareToRaise, 0.05, 1),
        .. FaultLimits.Range("Paper:Reports", Reports, 1, 100),
        .. FaultLimits.Range("Paper:NewRollRise", NewRollRise, 0.05, 0.9),
        .. FaultLimits.Range("Paper:UsualReceiptsPerRoll", UsualReceiptsPerRoll, 10, 2000),
        .. FaultLimits.Below("Paper:ReceiptsLeftToRaise", ReceiptsLeftToRaise, "Paper:ReceiptsLeftToClear", ReceiptsLeftToClear),
    ];
}

/// <param name="Intervals">How many of its own intervals a terminal may miss.</param>
/// <param name="Shortest">The least silence that is a fault.</param>
/// <param name="UsualInterval">The interval of a terminal that names none.</param>
public sealed record OfflineLimits(int Intervals, TimeSpan Shortest, TimeSpan UsualInterval)
{
    public OfflineLimits() : this(3, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)) { }

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Offline:Intervals", Intervals, 2, 100),
        .. FaultLimits.Range("Offline:Shortest", Shortest, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. FaultLimits.Range("Offline:UsualInterval", UsualInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
    ];
}
