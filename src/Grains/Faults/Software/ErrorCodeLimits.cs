namespace Fleet.Grains.Faults;

/// <summary>When a vendor's code is told.</summary>
public sealed record ErrorCodeLimits
{
    public ErrorCodes Codes { get; init; } = ErrorCodes.Shipped;

    /// <summary>How long a code stands before it is told, and is gone before that is: a cover is opened for a moment, too.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(2);

    internal IEnumerable<string> Check() => FaultLimits.Range("ErrorCode:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1));
}
