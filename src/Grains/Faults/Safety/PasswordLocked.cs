using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>password-locked</c>: an operator or administrator password is locked and stays so, which ends without a further
/// word of the terminal. Told apart from a lock that opens by itself after a wait. Gone when the terminal says so.
/// </summary>
internal struct PasswordLocked : ITimedDetector
{
    private Alarm _alarm;

    /// <summary>Since when it is locked, Unix ms; 0 while it is not.</summary>
    private Moment _sinceMs;

    public static string Name => "password-locked";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Security?.PasswordLocked is { } isLocked)
        {
            if (isLocked && _sinceMs == 0) _sinceMs = Math.Max(1, hearing.AtMs);
            if (!isLocked && _alarm.IsRaised) hearing.Clear(Name, ref _alarm, Evidence(hearing.AtMs));
            if (!isLocked) _sinceMs = 0;
        }
        Tick(hearing);
    }

    public readonly long DueAtMs(FaultLimits limits) =>
        _sinceMs == 0 || _alarm.IsRaised ? 0 : _sinceMs + (long)limits.PasswordLocked.HoldFor.TotalMilliseconds;

    public void Tick(in Hearing hearing)
    {
        if (DueAtMs(hearing.Limits) is > 0 and var dueAtMs && hearing.AtMs >= dueAtMs) hearing.Raise(Name, ref _alarm, dueAtMs, Evidence(hearing.AtMs));
    }

    private readonly ImmutableArray<Evidence> Evidence(long atMs) =>
        [new("sinceMs", _sinceMs), new("lockedMinutes", Math.Floor((atMs - _sinceMs) / 60_000d))];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _sinceMs);
    }
}
