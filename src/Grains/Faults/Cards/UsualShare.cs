using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The share of reads that fails on this reader while it is healthy: a Beta distribution's mean that starts from what
/// readers usually do and forgets slowly.
/// </summary>
internal struct UsualShare
{
    /// <summary>A reader that never failed yet will fail some day; without this bound two failures would be a fault.</summary>
    private const double Least = 0.005;

    private double _failed;
    private double _reads;

    public readonly double Of(ReaderLimits limits) => _reads == 0
        ? limits.PriorShare
        : Math.Clamp(_failed / _reads, Least, limits.LargestUsualShare);

    public void Learn(double failed, double reads, ReaderLimits limits)
    {
        if (_reads == 0) (_failed, _reads) = (limits.PriorShare * limits.PriorReads, limits.PriorReads);
        (_failed, _reads) = (_failed + failed, _reads + reads);
        if (_reads <= limits.MemoryReads) return;
        (_failed, _reads) = (_failed * limits.MemoryReads / _reads, limits.MemoryReads);
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _failed);
        codec.Field(ref _reads);
    }
}
