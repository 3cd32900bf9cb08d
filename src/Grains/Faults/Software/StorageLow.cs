using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>storage-low</c>: little free storage is left, and less than usual; gone when there is enough again for a while.</summary>
internal struct StorageLow : ITimedDetector
{
    private FreeSpace _free;

    public static string Name => "storage-low";

    public readonly Alarm Alarm => _free.Alarm;

    public void Hear(in Hearing hearing) => _free.Hear(Name, hearing.Report.System?.StorageFreeBytes, hearing, hearing.Limits.StorageLow);

    public void Tick(in Hearing hearing) => _free.Tick(Name, hearing, hearing.Limits.StorageLow);

    public readonly long DueAtMs(FaultLimits limits) => _free.DueAtMs(limits.StorageLow);

    public void Codec(ref StateCodec codec) => _free.Codec(ref codec);
}
