namespace Fleet.History;

/// <summary>What one caller gave at once: it may lie in several batches, and is done when all of them are.</summary>
internal sealed class Take
{
    private readonly TaskCompletionSource _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unsettled = 1; // the caller's own share, until all of its lines lie in batches

    public Task Accepted => _accepted.Task;

    public void Joins() => Interlocked.Increment(ref _unsettled);

    public void Settle()
    {
        if (Interlocked.Decrement(ref _unsettled) == 0) _accepted.TrySetResult();
    }

    public void Cancel() => _accepted.TrySetCanceled();
}

/// <summary>Lines that travel together, and whose they are.</summary>
internal sealed class Batch(long openedAt) : IDisposable
{
    private readonly LineBuffer _lines = new(16 * 1024);
    private readonly List<Take> _takes = [];

    /// <summary>When its first line came, in the time provider's timestamps.</summary>
    public long OpenedAt => openedAt;
    public int Bytes => _lines.Length;
    public int LineCount { get; private set; }
    public ReadOnlyMemory<byte> Lines => _lines.WrittenMemory;

    public void Add(ReadOnlySpan<byte> lines, int count, Take take)
    {
        _lines.Raw(lines);
        LineCount += count;
        _takes.Add(take);
        take.Joins();
    }

    public void Settle()
    {
        foreach (var take in _takes) take.Settle();
    }

    public void Cancel()
    {
        foreach (var take in _takes) take.Cancel();
    }

    public void Dispose() => _lines.Dispose();
}
