using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>memory-low</c>: little free memory.</summary>
internal struct MemoryLow : IDetector
{
    private Alarm _alarm;

    public static string Name => "memory-low";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.System?.MemoryFreeBytes is not { } free) return;
        ImmutableArray<Evidence> evidence = [new("memoryFreeBytes", free)];
        if (!_alarm.IsRaised && free < 30_000_000) hearing.Raise(Name, ref _alarm, evidence);
        else if (_alarm.IsRaised && free > 60_000_000) hearing.Clear(Name, ref _alarm, evidence);
    }

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
