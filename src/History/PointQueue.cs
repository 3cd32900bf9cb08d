using System.Threading.Channels;

namespace Fleet.History;

/// <param name="Bytes">The ceiling of all lines not yet settled, those in flight included.</param>
/// <param name="Linger">How long a batch waits for company while a writer is free.</param>
internal readonly record struct QueueLimits(long Bytes, int BatchBytes, int BatchLines, TimeSpan Linger);

/// <summary>
/// The bounded queue of lines before the database. Lines gather in an open batch, which is sealed when it is full or,
/// while no sealed batch waits, when it has lingered: under load batches are full, else they are quick.
/// </summary>
internal sealed class PointQueue : IDisposable
{
    /// <summary>What a caller that found no room holds instead of a promise.</summary>
    public static readonly Task NeverAccepted = Task.FromCanceled(new CancellationToken(canceled: true));

    private readonly Lock _gate = new();
    private readonly Channel<Batch> _sealed = Channel.CreateUnbounded<Batch>();
    private readonly QueueLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _linger;
    private Batch? _open;
    private long _bytes;
    private long _wantedBytes;
    private TaskCompletionSource? _room;
    private bool _completed;

    public PointQueue(QueueLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _linger = time.CreateTimer(static queue => ((PointQueue)queue!).SealIfRipe(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lines not yet settled, in bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether nothing more fits, so that encoding more would be work for nothing.</summary>
    public bool IsFull => Bytes >= _limits.Bytes;

    /// <summary>Takes all of the lines or none. What is larger than the whole queue is taken when the queue is empty.</summary>
    /// <param name="accepted">Completes when every batch they lie in is settled; cancelled where that will not happen.</param>
    public bool TryAdd(ReadOnlySpan<byte> lines, out Task accepted)
    {
        lock (_gate)
        {
            if (_completed || (_bytes > 0 && _bytes + lines.Length > _limits.Bytes))
            {
                _wantedBytes = lines.Length;
                accepted = NeverAccepted;
                return false;
            }
            var take = new Take();
            accepted = take.Accepted;
            Resize(lines.Length);
            while (!lines.IsEmpty) lines = lines[Append(lines, take)..];
            take.Settle();
            return true;
        }
    }

    /// <summary>Completes when what was refused last would fit; cancelled when the queue takes nothing more.</summary>
    public Task RoomAsync(CancellationToken stop)
    {
        lock (_gate)
        {
            if (_completed) return NeverAccepted;
            if (HasRoom) return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(stop);
        }
    }

    /// <summary>The next batch to write; null when the queue is completed and empty.</summary>
    public async ValueTask<Batch?> NextAsync(CancellationToken stop)
    {
        SealIfRipe();
        while (await _sealed.Reader.WaitToReadAsync(stop))
            if (_sealed.Reader.TryRead(out var batch))
                return batch;
        return null;
    }

    /// <summary>The batch is accepted or refused for good.</summary>
    public void Settle(Batch batch)
    {
        Release(batch.Bytes);
        batch.Settle();
        batch.Dispose();
    }

    /// <summary>The batch will not be written: its points stay in the journal.</summary>
    public void Abandon(Batch batch)
    {
        Release(batch.Bytes);
        batch.Cancel();
        batch.Dispose();
    }

    /// <summary>Takes nothing more; what is there can still be read.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            Seal();
            _sealed.Writer.TryComplete();
            _room?.TrySetCanceled();
        }
    }

    public void AbandonAll()
    {
        while (_sealed.Reader.TryRead(out var batch)) Abandon(batch);
    }

    public void Dispose()
    {
        Complete();
        AbandonAll();
        _linger.Dispose();
    }

    private bool HasRoom => _bytes == 0 || (_bytes < _limits.Bytes && _bytes + _wantedBytes <= _limits.Bytes);

    /// <summary>Moves as many whole lines as the open batch has room for, at least one; returns their bytes.</summary>
    private int Append(ReadOnlySpan<byte> lines, Take take)
    {
        if (_open is null)
        {
            _open = new Batch(_time.GetTimestamp());
            _linger.Change(_limits.Linger, Timeout.InfiniteTimeSpan);
        }
        var (bytes, count) = Fitting(lines, _limits.BatchBytes - _open.Bytes, _limits.BatchLines - _open.LineCount);
        if (count == 0 && _open.LineCount == 0) (bytes, count) = (lines.IndexOf((byte)'\n') + 1, 1);
        if (count > 0) _open.Add(lines[..bytes], count, take);
        if (bytes < lines.Length || _open.LineCount >= _limits.BatchLines) Seal();
        return bytes;
    }

    private static (int Bytes, int Count) Fitting(ReadOnlySpan<byte> lines, int maxBytes, int maxLines)
    {
        if (lines.Length <= maxBytes && lines.Count((byte)'\n') is var all && all <= maxLines) return (lines.Length, all);
        var (bytes, count) = (0, 0);
        while (count < maxLines && bytes < lines.Length)
        {
            var line = lines[bytes..].IndexOf((byte)'\n') + 1;
            if (bytes + line > maxBytes) break;
            bytes += line;
            count++;
        }
        return (bytes, count);
    }

    private void SealIfRipe()
    {
        lock (_gate)
        {
            if (_open is { } open && _sealed.Reader.Count == 0 && _time.GetElapsedTime(open.OpenedAt) >= _limits.Linger) Seal();
        }
    }

    private void Seal()
    {
        if (_open is not { } full) return;
        _open = null;
        _sealed.Writer.TryWrite(full); // unbounded: its bytes are counted already
    }

    private void Release(int bytes)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            Resize(-bytes);
            if (HasRoom) (room, _room, _wantedBytes) = (_room, null, 0);
        }
        room?.TrySetResult();
    }

    private void Resize(long bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        HistoryMetrics.QueueBytes.Add(bytes);
    }
}
