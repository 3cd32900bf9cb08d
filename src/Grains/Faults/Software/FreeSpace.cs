using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// Free memory or storage: low when it is under a threshold and has fallen from what is usual for this terminal, or is
/// critical whatever was usual. The usual is a mean over about a day of readings, in time. A hold ends without another
/// reading, of which the evidence then names only what it was under: to keep the last one would be 8 bytes a terminal.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct FreeSpace
{
    private const double DayMs = 86_400_000;

    private HeldAlarm _alarm;
    private float _usualBytes;
    private Moment _atMs;

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(string fault, long? freeBytes, in Hearing hearing, FreeSpaceLimits limits)
    {
        if (freeBytes is not { } free) return;
        var isLow = free < limits.CriticalBytes || (free < limits.LowBytes && free < limits.FallenShare * _usualBytes);
        if (isLow) _alarm.See(true, hearing.AtMs);
        else if (free >= limits.ClearBytes || !_alarm.IsRaised) _alarm.See(false, hearing.AtMs);
        TurnWhereDue(fault, [new("freeBytes", free)], hearing, limits);
        Learn(free, hearing.AtMs);
    }

    public void Tick(string fault, in Hearing hearing, FreeSpaceLimits limits) => TurnWhereDue(fault, [], hearing, limits);

    public readonly long DueAtMs(FreeSpaceLimits limits) => _alarm.TurnsAtMs(limits.HoldFor, limits.HoldFor);

    private void TurnWhereDue(string fault, ReadOnlySpan<Evidence> reading, in Hearing hearing, FreeSpaceLimits limits)
    {
        if (DueAtMs(limits) is > 0 and var dueAtMs && hearing.AtMs >= dueAtMs)
            _alarm.Turn(fault, hearing, [.. reading, new("usualFreeBytes", Math.Round(_usualBytes)), new("lowBytes", limits.LowBytes), new("heldSeconds", _alarm.HeldSeconds(hearing.AtMs))]);
    }

    private void Learn(long free, long atMs)
    {
        var weight = _atMs == 0 ? 1 : 1 - Math.Exp(-Math.Max(0, atMs - _atMs) / DayMs);
        _usualBytes += (float)(weight * (free - _usualBytes));
        _atMs = Math.Max(_atMs, atMs);
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _usualBytes);
        codec.Field(ref _atMs);
    }
}
