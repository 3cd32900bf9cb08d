namespace Fleet.Grains.Faults;

/// <summary>The thresholds of the detectors, as the operator may set them. <see cref="Check"/> says what is wrong with them.</summary>
public sealed record FaultLimits
{
    public static FaultLimits Default { get; } = new();

    public WeakSignalLimits WeakSignal { get; init; } = new();
    public SimFaultLimits SimFault { get; init; } = new();
    public LinkFlappingLimits LinkFlapping { get; init; } = new();
    public NetworkCableLimits NetworkCable { get; init; } = new();
    public ReaderLimits Reader { get; init; } = new();
    public ReaderDirtyLimits ReaderDirty { get; init; } = new();
    public BadCardLimits BadCard { get; init; } = new();
    public DeclineLimits Declines { get; init; } = new();
    public ReceiptLimits Receipts { get; init; } = new();
    public PaperLimits Paper { get; init; } = new();
    public PrinterLimits Printer { get; init; } = new();
    public BoardLimits Board { get; init; } = new();
    public BatteryLimits Battery { get; init; } = new();
    public BatteryWornLimits BatteryWorn { get; init; } = new();
    public AdapterLimits Adapter { get; init; } = new();
    public NoStartLimits NoStart { get; init; } = new();
    public ClockWrongLimits ClockWrong { get; init; } = new();
    public FreeSpaceLimits MemoryLow { get; init; } = FreeSpaceLimits.Memory;
    public FreeSpaceLimits StorageLow { get; init; } = FreeSpaceLimits.Storage;
    public SystemFaultLimits SystemFault { get; init; } = new();
    public SoftwareLimits Software { get; init; } = new();
    public BadReportsLimits BadReports { get; init; } = new();
    public ErrorCodeLimits ErrorCode { get; init; } = new();
    public OfflineLimits Offline { get; init; } = new();
    public TamperLimits Tamper { get; init; } = new();
    public SimSwappedLimits SimSwapped { get; init; } = new();
    public MovedOrStolenLimits MovedOrStolen { get; init; } = new();
    public PasswordLockedLimits PasswordLocked { get; init; } = new();

    /// <summary>One sentence for each setting that is out of its range, with its name and the values; empty where all is well.</summary>
    public IEnumerable<string> Check() =>
    [
        .. WeakSignal.Check(),
        .. Reader.Check(),
        .. ReaderDirty.Check(),
        .. Below("ReaderDirty:Ratio", ReaderDirty.Ratio, "Reader:FaultRatio", Reader.FaultRatio),
        .. BadCard.Check(),
        .. Declines.Check(),
        .. Receipts.Check(),
        .. Paper.Check(),
        .. Offline.Check(),
        .. SimFault.Check(),
        .. LinkFlapping.Check(),
        .. NetworkCable.Check(),
        .. NoStart.Check(),
        .. ClockWrong.Check(),
        .. MemoryLow.Check("MemoryLow"),
        .. StorageLow.Check("StorageLow"),
        .. SystemFault.Check(),
        .. Tamper.Check(),
        .. SimSwapped.Check(),
        .. MovedOrStolen.Check(),
        .. PasswordLocked.Check(),
        .. Printer.Check(),
        .. Board.Check(),
        .. Battery.Check(),
        .. BatteryWorn.Check(),
        .. Adapter.Check(),
        .. Software.Check(),
        .. BadReports.Check(),
        .. ErrorCode.Check(),
    ];

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
