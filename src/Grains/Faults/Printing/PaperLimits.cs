namespace Fleet.Grains.Faults;

/// <summary>When a paper roll is nearly used up.</summary>
public sealed record PaperLimits
{
    /// <summary>With so many receipts left the roll should be changed; half and a quarter of it are said again.</summary>
    public double ReceiptsLeftToRaise { get; init; } = 20;

    /// <summary>With more left than this, the forecast was wrong.</summary>
    public double ReceiptsLeftToClear { get; init; } = 40;

    /// <summary>A roll that will end within so much trading time should be changed, too, whatever is left: a rush prints fast.</summary>
    public TimeSpan TimeToRaise { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>A roll fuller than this is not low, whatever the forecast says.</summary>
    public double LargestShareToRaise { get; init; } = 0.5;

    /// <summary>In how many reports in a row the roll must be low: one reading of a paper sensor is not believed.</summary>
    public int Reports { get; init; } = 2;

    /// <summary>A rise of the paper's share by more than this is a new roll.</summary>
    public double NewRollRise { get; init; } = 0.3;

    /// <summary>A 57 × 40 mm roll holds about 20 m, and a receipt takes about 15 cm.</summary>
    public double UsualReceiptsPerRoll { get; init; } = 130;

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("Paper:ReceiptsLeftToRaise", ReceiptsLeftToRaise, 1, 200),
        .. FaultLimits.Range("Paper:ReceiptsLeftToClear", ReceiptsLeftToClear, 2, 500),
        .. FaultLimits.Range("Paper:TimeToRaise", TimeToRaise, TimeSpan.Zero, TimeSpan.FromHours(12)),
        .. FaultLimits.Range("Paper:LargestShareToRaise", LargestShareToRaise, 0.05, 1),
        .. FaultLimits.Range("Paper:Reports", Reports, 1, 100),
        .. FaultLimits.Range("Paper:NewRollRise", NewRollRise, 0.05, 0.9),
        .. FaultLimits.Range("Paper:UsualReceiptsPerRoll", UsualReceiptsPerRoll, 10, 2000),
        .. FaultLimits.Below("Paper:ReceiptsLeftToRaise", ReceiptsLeftToRaise, "Paper:ReceiptsLeftToClear", ReceiptsLeftToClear),
    ];
}
