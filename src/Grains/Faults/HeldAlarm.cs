using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>An alarm that turns only when what contradicts it has held for some time: bad before it is raised, good before it clears. 10 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct HeldAlarm
{
    private Alarm _alarm;

    /// <summary>Since when what is seen contradicts the alarm, Unix ms; 0 while it agrees.</summary>
    private Moment _sinceMs;

    public readonly Alarm Alarm => _alarm;
    public readonly bool IsRaised => _alarm.IsRaised;

    /// <summary>What was seen. Readings between the two thresholds are not shown to it: they leave all as it is.</summary>
    public void See(bool isBad, long atMs)
    {
        if (isBad == IsRaised) _sinceMs = 0;
        else if (_sinceMs == 0 || atMs < _sinceMs) _sinceMs = Math.Max(1, atMs); // a clock that is set back begins the hold again
    }

    /// <summary>When it would turn if nothing else is seen, Unix ms; 0 where nothing contradicts it.</summary>
    public readonly long TurnsAtMs(TimeSpan raiseAfter, TimeSpan clearAfter) =>
        _sinceMs == 0 ? 0 : _sinceMs + (long)(IsRaised ? clearAfter : raiseAfter).TotalMilliseconds;

    /// <summary>For how long what contradicts it has held, s.</summary>
    public readonly long HeldSeconds(long atMs) => _sinceMs == 0 ? 0 : (atMs - _sinceMs) / 1000;

    /// <summary>Raises it where it is quiet and clears it where it is raised.</summary>
    public void Turn(string fault, in Hearing hearing, ImmutableArray<Evidence> evidence)
    {
        if (IsRaised) hearing.Clear(fault, ref _alarm, evidence);
        else hearing.Raise(fault, ref _alarm, evidence);
        _sinceMs = 0;
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _sinceMs);
    }
}
