using System.Buffers.Binary;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// The QoS 1 messages of one connection that are not acknowledged yet: a ring that grows up to its limit. PUBACKs leave
/// in the order of the messages [MQTT-4.6.0-2], whichever way each of them went.
/// </summary>
internal sealed class Acknowledgements(int limit)
{
    /// <summary>The position of a message that went the long way: its PUBACK comes from MQTTnet.</summary>
    private const long LongWay = long.MaxValue;

    /// <summary>A PUBACK without reason code and properties means success in 3.1.1 and 5.0 alike (MQTT 5, 3.4.2.1).</summary>
    public const int PubAckBytes = 4;

    private (long Position, ushort PacketId, byte[]? PubAck)[] _ring = new (long, ushort, byte[]?)[16];
    private int _first, _count;
    private long _committed;
    private TaskCompletionSource? _room;

    public bool IsFull { get { lock (this) return _count >= limit; } }

    /// <summary>Adds a message; true when its commit was faster than this call, and nobody else will ask for its PUBACK.</summary>
    public bool Add(long position, ushort packetId)
    {
        lock (this)
        {
            Append(position, packetId);
            return position <= _committed;
        }
    }

    /// <summary>Adds a message that goes the long way.</summary>
    public void Expect(ushort packetId)
    {
        lock (this) Append(LongWay, packetId);
    }

    /// <summary>Keeps MQTTnet's PUBACK until those before it have left; false where none is expected.</summary>
    public bool TryTakeIn(ushort packetId, ReadOnlySpan<byte> pubAck)
    {
        lock (this)
        {
            for (var i = 0; i < _count; i++)
            {
                ref var message = ref _ring[(_first + i) & (_ring.Length - 1)];
                if (message.Position != LongWay || message.PacketId != packetId || message.PubAck is not null) continue;
                message.PubAck = pubAck.ToArray();
                return true;
            }
            return false;
        }
    }

    /// <summary>Writes the PUBACKs of all that is on disk, up to the first message that is not.</summary>
    public void Release(long committed, Output to)
    {
        lock (this) // held while writing too: two who release at once must not swap their PUBACKs
        {
            _committed = Math.Max(_committed, committed);
            Span<byte> together = stackalloc byte[128 * PubAckBytes];
            var bytes = 0;
            for (; _count > 0; _first = (_first + 1) & (_ring.Length - 1), _count--)
            {
                var (position, packetId, pubAck) = _ring[_first];
                if (pubAck is null && position > _committed) break;
                if (bytes + PubAckBytes > together.Length || pubAck is not null)
                {
                    if (bytes > 0) to.Write(together[..bytes]);
                    bytes = 0;
                }
                if (pubAck is not null)
                {
                    to.Write(pubAck);
                    _ring[_first] = default;
                    continue;
                }
                BinaryPrimitives.WriteUInt16BigEndian(together[bytes..], 0x4002);
                BinaryPrimitives.WriteUInt16BigEndian(together[(bytes + 2)..], packetId);
                bytes += PubAckBytes;
            }
            if (bytes > 0) to.Write(together[..bytes]);
            if (_count < limit) { _room?.TrySetResult(); _room = null; }
        }
    }

    public Task RoomAsync(CancellationToken stop)
    {
        lock (this)
            return _count < limit ? Task.CompletedTask : (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(stop);
    }

    private void Append(long position, ushort packetId)
    {
        if (_count == _ring.Length) Grow();
        _ring[(_first + _count++) & (_ring.Length - 1)] = (position, packetId, null);
    }

    private void Grow()
    {
        var ring = new (long, ushort, byte[]?)[_ring.Length * 2];
        for (var i = 0; i < _count; i++) ring[i] = _ring[(_first + i) & (_ring.Length - 1)];
        (_ring, _first) = (ring, 0);
    }
}
