using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The share of reads that fails on this reader while it is healthy: a Beta distribution's mean that starts from what
/// readers of its model usually do and forgets slowly. 8 bytes.
/// </summary>
internal struct UsualShare
{
    /// <summary>A reader that never failed yet will fail some day; without this bound two failures would be a fault.</summary>
    private const double Least = 0.005;

    private float _failed;
    private float _reads;

    public readonly double Of(ReaderLimits limits, string? model) => _reads == 0
        ? limits.PriorShareOf(model)
        : Math.Clamp((double)_failed / _reads, Least, limits.LargestUsualShare);

    public void Learn(double failed, double reads, ReaderLimits limits, string? model)
    {
        var (allFailed, allReads) = _reads == 0
            ? (limits.PriorShareOf(model) * limits.PriorReads, limits.PriorReads)
            : (_failed, (double)_reads);
        (allFailed, allReads) = (allFailed + failed, allReads + reads);
        var kept = Math.Min(1, limits.MemoryReads / allReads);
        (_failed, _reads) = ((float)(allFailed * kept), (float)(allReads * kept));
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _failed);
        codec.Field(ref _reads);
    }
}
