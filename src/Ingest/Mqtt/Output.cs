using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// The way out of one connection. Whoever writes first flushes; what others write meanwhile leaves with the next
/// flush, together. A peer that does not read costs at most <see cref="MostPending"/> bytes and whoever waits.
/// </summary>
/// <param name="drained">Called, with no lock held, when a peer that had not read has read.</param>
internal sealed class Output(PipeWriter writer, Action drained)
{
    private const int MostPending = 256 * 1024;

    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _pending;
    private TaskCompletionSource? _drained;
    private bool _flushing, _closed;

    /// <summary>Writes and sees to the flush. Never blocks.</summary>
    /// <returns>False when so much waits that the writer should wait for <see cref="DrainedAsync"/>.</returns>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        ValueTask<FlushResult> flush;
        lock (_lock)
        {
            if (_closed) return true;
            if (_flushing)
            {
                (_pending ??= new(256)).Write(bytes);
                return _pending.WrittenCount < MostPending;
            }
            if (!TryFlush(bytes, out flush)) return true;
            if (flush.IsCompletedSuccessfully) { _closed |= flush.GetAwaiter().GetResult().IsCompleted; return true; }
            _flushing = true;
        }
        _ = FlushRest(flush);
        return true;
    }

    /// <summary>Whether the peer reads so little that nothing more should be made for it.</summary>
    public bool IsFull { get { lock (_lock) return !_closed && _pending is { WrittenCount: >= MostPending }; } }

    /// <summary>Completes when nothing waits any more, or the connection is closed.</summary>
    public Task DrainedAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            if (!_flushing || _closed) return Task.CompletedTask;
            return (_drained ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(stop);
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            if (_closed) return;
            _closed = true;
            _drained?.TrySetResult();
        }
    }

    private async Task FlushRest(ValueTask<FlushResult> flush)
    {
        try
        {
            while (true)
            {
                var result = await flush;
                lock (_lock)
                {
                    _closed |= result.IsCompleted || result.IsCanceled;
                    if (_closed || _pending is not { WrittenCount: > 0 })
                    {
                        _flushing = false;
                        _pending = null;
                        _drained?.TrySetResult();
                        _drained = null;
                        break;
                    }
                    var pending = _pending;
                    _pending = null;
                    if (!TryFlush(pending.WrittenSpan, out flush)) continue;
                }
            }
            ThreadPool.UnsafeQueueUserWorkItem(static said => said(), drained, preferLocal: false); // whoever writes may hold locks
        }
        catch (Exception) { Close(); } // whatever the transport says, the connection has gone
    }

    /// <summary>False when the connection has gone.</summary>
    private bool TryFlush(ReadOnlySpan<byte> bytes, out ValueTask<FlushResult> flush)
    {
        flush = new(new FlushResult(isCanceled: false, isCompleted: true));
        try
        {
            writer.Write(bytes);
            flush = writer.FlushAsync();
            return true;
        }
        catch (InvalidOperationException) // completed by its reader
        {
            _closed = true;
            return false;
        }
    }
}
