namespace Fleet.Grains.Faults;

/// <summary>When a locked password is somebody's trouble.</summary>
public sealed record PasswordLockedLimits
{
    /// <summary>How long it must stay locked: many terminals open a lock by themselves after a wait.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(2);

    internal IEnumerable<string> Check() => FaultLimits.Range("PasswordLocked:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1));
}
