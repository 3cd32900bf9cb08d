using System.Buffers.Binary;

namespace Fleet.Ingest.Mqtt;

/// <summary>The QoS 1 messages of one connection that are on their way to the disk, in their order: a ring that grows up to its limit.</summary>
internal sealed class Acknowledgements(int limit)
{
    /// <summary>A PUBACK without reason code and properties means success in 3.1.1 and 5.0 alike (MQTT 5, 3.4.2.1).</summary>
    public const int PubAckBytes = 4;

    private (long Position, ushort PacketId)[] _ring = new (long, ushort)[16];
    private int _first, _count;
    private long _committed;
    private TaskCompletionSource? _room;

    public bool IsFull { get { lock (this) return _count >= limit; } }

    /// <summary>Adds a message; true when its commit was faster than this call, and nobody else will ask for its PUBACK.</summary>
    public bool Add(long position, ushort packetId)
    {
        lock (this)
        {
            if (_count == _ring.Length) Grow();
            _ring[(_first + _count++) & (_ring.Length - 1)] = (position, packetId);
            return position <= _committed;
        }
    }

    /// <summary>Writes the PUBACKs of all that is on disk; answers how many bytes.</summary>
    /// <param name="to">Takes as many as fit; call again while it is filled.</param>
    public int Take(long committed, Span<byte> to)
    {
        lock (this)
        {
            var written = 0;
            _committed = Math.Max(_committed, committed);
            while (_count > 0 && _ring[_first].Position <= committed && written + PubAckBytes <= to.Length)
            {
                BinaryPrimitives.WriteUInt16BigEndian(to[written..], 0x4002);
                BinaryPrimitives.WriteUInt16BigEndian(to[(written + 2)..], _ring[_first].PacketId);
                written += PubAckBytes;
                _first = (_first + 1) & (_ring.Length - 1);
                _count--;
            }
            if (_count < limit) { _room?.TrySetResult(); _room = null; }
            return written;
        }
    }

    public Task RoomAsync(CancellationToken stop)
    {
        lock (this)
            return _count < limit ? Task.CompletedTask : (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(stop);
    }

    private void Grow()
    {
        var ring = new (long, ushort)[_ring.Length * 2];
        for (var i = 0; i < _count; i++) ring[i] = _ring[(_first + i) & (_ring.Length - 1)];
        (_ring, _first) = (ring, 0);
    }
}
