namespace Fleet.Ingest.Credentials;

/// <summary>
/// A rate with a burst, for many threads at once. It keeps one number, the time at which it would be full again (the
/// generic cell rate algorithm's theoretical arrival time, ITU-T I.371); a full one is as good as none.
/// </summary>
internal sealed class SharedBucket(double perSecond, double burst, TimeProvider time)
{
    private readonly double _ticksEach = time.TimestampFrequency / perSecond;
    private readonly double _ticksBurst = time.TimestampFrequency / perSecond * burst;
    private long _fullAt = time.GetTimestamp();

    public bool IsFull => time.GetTimestamp() >= Volatile.Read(ref _fullAt);

    /// <summary>Takes so many, or none.</summary>
    public bool TryTake(int count = 1)
    {
        while (true)
        {
            var (now, fullAt) = (time.GetTimestamp(), Volatile.Read(ref _fullAt));
            var next = Math.Max(now, fullAt) + (long)(_ticksEach * count);
            if (next - now > _ticksBurst) return false;
            if (Interlocked.CompareExchange(ref _fullAt, next, fullAt) == fullAt) return true;
        }
    }

    public void GiveBack(int count) => Interlocked.Add(ref _fullAt, -(long)(_ticksEach * count));
}
