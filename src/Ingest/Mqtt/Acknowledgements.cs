using System.Buffers.Binary;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// The messages of one connection that are not acknowledged yet: a ring that grows up to its limit. PUBACKs and PUBRECs
/// leave in the order of the messages [MQTT-4.6.0-2, 4.6.0-3].
/// </summary>
internal sealed class Acknowledgements(int limit)
{
    /// <summary>A PUBACK without reason code and properties means success in 3.1.1 and 5.0 alike (MQTT 5, 3.4.2.1).</summary>
    public const int PubAckBytes = 4;

    private (long Position, ushort PacketId, byte[]? Answer)[] _ring = new (long, ushort, byte[]?)[16];
    private int _first, _count;
    private long _committed;
    private TaskCompletionSource? _room, _empty;

    public bool IsFull { get { lock (this) return _count >= limit; } }

    /// <summary>Adds a message; true when it is on disk already, and nobody else will ask for its answer.</summary>
    /// <param name="position">The commit that it waits for; 0 for none.</param>
    /// <param name="answer">The packet that answers it; null for a plain PUBACK.</param>
    public bool Add(long position, ushort packetId, byte[]? answer = null)
    {
        lock (this)
        {
            if (_count == _ring.Length) Grow();
            _ring[(_first + _count++) & (_ring.Length - 1)] = (position, packetId, answer);
            return position <= _committed;
        }
    }

    /// <summary>Writes the answers to all that is on disk, up to the first message that is not.</summary>
    public void Release(long committed, Output to)
    {
        lock (this) // held while writing too: two who release at once must not swap their answers
        {
            _committed = Math.Max(_committed, committed);
            Span<byte> together = stackalloc byte[128 * PubAckBytes];
            var bytes = 0;
            for (; _count > 0; _first = (_first + 1) & (_ring.Length - 1), _count--)
            {
                var (position, packetId, answer) = _ring[_first];
                if (position > _committed) break;
                if (bytes + PubAckBytes > together.Length || answer is not null)
                {
                    if (bytes > 0) to.Write(together[..bytes]);
                    bytes = 0;
                }
                if (answer is not null)
                {
                    to.Write(answer);
                    _ring[_first] = default;
                    continue;
                }
                BinaryPrimitives.WriteUInt16BigEndian(together[bytes..], 0x4002);
                BinaryPrimitives.WriteUInt16BigEndian(together[(bytes + 2)..], packetId);
                bytes += PubAckBytes;
            }
            if (bytes > 0) to.Write(together[..bytes]);
            if (_count < limit) { _room?.TrySetResult(); _room = null; }
            if (_count == 0) _empty?.TrySetResult();
        }
    }

    public Task RoomAsync(CancellationToken stop)
    {
        lock (this)
            return _count < limit ? Task.CompletedTask : (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(stop);
    }

    /// <summary>Completes when everything is answered.</summary>
    public Task EmptyAsync()
    {
        lock (this) return _count == 0 ? Task.CompletedTask : (_empty ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private void Grow()
    {
        var ring = new (long, ushort, byte[]?)[_ring.Length * 2];
        for (var i = 0; i < _count; i++) ring[i] = _ring[(_first + i) & (_ring.Length - 1)];
        (_ring, _first) = (ring, 0);
    }
}
