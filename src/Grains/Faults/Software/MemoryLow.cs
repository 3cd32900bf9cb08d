using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>memory-low</c>: little free memory is left, and less than usual; gone when there is enough again for a while.</summary>
internal struct MemoryLow : ITimedDetector
{
    private FreeSpace _free;

    public static string Name => "memory-low";

    public readonly Alarm Alarm => _free.Alarm;

    public void Hear(in Hearing hearing) => _free.Hear(Name, hearing.Report.System?.MemoryFreeBytes, hearing, hearing.Limits.MemoryLow);

    public void Tick(in Hearing hearing) => _free.Tick(Name, hearing, hearing.Limits.MemoryLow);

    public readonly long DueAtMs(FaultLimits limits) => _free.DueAtMs(limits.MemoryLow);

    public void Codec(ref StateCodec codec) => _free.Codec(ref codec);
}
