namespace Fleet.Ingest.Credentials;

/// <summary>
/// Says which of many like events are worth a line: the first of a burst, and every tenth power after it. A burst ends
/// with a quiet minute. All bursts together have ten lines a second at most.
/// </summary>
internal sealed class Bursts(TimeProvider time)
{
    private const int MostKept = 10_000;

    private readonly Crowd<(object, string), Burst> _bursts = new(MostKept, () => new(time), b => b.IsOver, time);
    private readonly SharedBucket _lines = new(10, 100, time);

    /// <returns>How many there are by now, where that is worth a line; else 0.</returns>
    public long Note(object of, string what)
    {
        var count = _bursts.Of((of, what)).Add();
        return IsPowerOfTen(count) && _lines.TryTake() ? count : 0;
    }

    private static bool IsPowerOfTen(long count)
    {
        while (count > 1 && count % 10 == 0) count /= 10;
        return count == 1;
    }

    private sealed class Burst(TimeProvider time)
    {
        private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

        private readonly Lock _lock = new();
        private long _count, _at = time.GetTimestamp();

        public bool IsOver => time.GetElapsedTime(Interlocked.Read(ref _at)) > Quiet;

        public long Add()
        {
            lock (_lock)
            {
                _count = IsOver ? 1 : _count + 1;
                _at = time.GetTimestamp();
                return _count;
            }
        }
    }
}
