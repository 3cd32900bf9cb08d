using System.Buffers;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// The way out of one connection. Whoever writes first sends; what others write meanwhile leaves with the next
/// bytes, together. A peer that does not read costs at most <see cref="MostPending"/> bytes and whoever waits.
/// </summary>
/// <param name="drained">Called, with no lock held, when a peer that had not read has read.</param>
internal sealed class Output(Outlet outlet, Action drained)
{
    private const int MostPending = 256 * 1024;

    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _pending;
    private TaskCompletionSource? _drained;
    private bool _isSending, _closed;

    /// <summary>Sends, or leaves it to whoever sends now. Never blocks.</summary>
    /// <returns>False when so much waits that the writer should wait for <see cref="DrainedAsync"/>.</returns>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        ValueTask<bool> sending;
        lock (_lock)
        {
            if (_closed) return true;
            if (_isSending)
            {
                (_pending ??= new(256)).Write(bytes);
                return _pending.WrittenCount < MostPending;
            }
            sending = outlet.Send(bytes);
            if (sending.IsCompletedSuccessfully) { _closed = !sending.GetAwaiter().GetResult(); return true; }
            _isSending = true;
        }
        _ = SendRest(sending);
        return true;
    }

    /// <summary>Whether the peer reads so little that nothing more should be made for it.</summary>
    public bool IsFull { get { lock (_lock) return !_closed && _pending is { WrittenCount: >= MostPending }; } }

    /// <summary>Completes when nothing waits any more, or the connection is closed.</summary>
    public Task DrainedAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            if (!_isSending || _closed) return Task.CompletedTask;
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

    private async Task SendRest(ValueTask<bool> sending)
    {
        while (true)
        {
            var isOpen = await sending;
            lock (_lock)
            {
                _closed |= !isOpen;
                if (_closed || _pending is not { WrittenCount: > 0 } pending)
                {
                    _isSending = false;
                    _pending = null;
                    _drained?.TrySetResult();
                    _drained = null;
                    break;
                }
                _pending = null;
                sending = outlet.Send(pending.WrittenSpan);
            }
        }
        ThreadPool.UnsafeQueueUserWorkItem(static said => said(), drained, preferLocal: false); // whoever writes may hold locks
    }
}
