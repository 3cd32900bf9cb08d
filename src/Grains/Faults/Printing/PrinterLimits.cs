namespace Fleet.Grains.Faults;

/// <summary>When a printer that does not print is at fault.</summary>
public sealed record PrinterLimits
{
    /// <summary>How long the cover is open in trading hours before that is said: a roll change opens it briefly.</summary>
    public TimeSpan CoverHoldFor { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the paper is jammed before that is said: many a jam is mended as soon as it is seen.</summary>
    public TimeSpan JamHoldFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the printer is ready before a jam, or a fault of its head, is gone.</summary>
    public TimeSpan ReadyFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>So many feed or cutter errors within about an hour, in a printer that is ready again each time, are scraps or wear.</summary>
    public double FeedErrors { get; init; } = 5;

    /// <summary>How long a malfunction or an overheated head stands before it is said.</summary>
    public TimeSpan HeadHoldFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>So many malfunctions or overheatings within about a day are a head that fails.</summary>
    public double HeadFailures { get; init; } = 3;

    /// <summary>At this temperature a head counts as overheated, also where the printer prints on: thermal heads stop at 65 to 85 °C.</summary>
    public double HotHeadCelsius { get; init; } = 75;

    /// <summary>Receipts within about ten minutes that heat any head: then heat is no fault.</summary>
    public double HeavyReceipts { get; init; } = 15;

    /// <summary>So many receipts without a failure prove that the head works again.</summary>
    public double ReceiptsToProve { get; init; } = 10;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Printer:CoverHoldFor", CoverHoldFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Printer:JamHoldFor", JamHoldFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Printer:ReadyFor", ReadyFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Printer:FeedErrors", FeedErrors, 2, 100),
        .. FaultLimits.Range("Printer:HeadHoldFor", HeadHoldFor, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Printer:HeadFailures", HeadFailures, 2, 100),
        .. FaultLimits.Range("Printer:HotHeadCelsius", HotHeadCelsius, 50, 150),
        .. FaultLimits.Range("Printer:HeavyReceipts", HeavyReceipts, 1, 1000),
        .. FaultLimits.Range("Printer:ReceiptsToProve", ReceiptsToProve, 1, 1000),
    ];
}
