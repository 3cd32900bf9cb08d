using System.Threading.Channels;
using Fleet.Ingest.Journal;

namespace Fleet.Ingest.Bridge;

/// <summary>
/// The messages of one connection that are not acknowledged yet, at most so many: each comes due after its commit, in
/// the order of the messages [MQTT-4.6.0-2].
/// </summary>
internal sealed class PendingAcknowledgements(int limit) : CommitListener, IDisposable
{
    private readonly Queue<(long Position, ushort PacketId)> _waiting = new();
    private readonly Channel<ushort> _due = Channel.CreateUnbounded<ushort>(new() { SingleReader = true }); // the slots bound it
    private readonly SemaphoreSlim _slots = new(limit);
    private long _committed;

    /// <summary>Packet identifiers whose PUBACK may leave; each is given back with <see cref="Sent"/>.</summary>
    public ChannelReader<ushort> Due => _due.Reader;

    /// <summary>Waits until there is room for one more.</summary>
    public Task RoomAsync(CancellationToken stop) => _slots.WaitAsync(stop);

    /// <summary>Adds a message that has its room.</summary>
    /// <param name="position">The commit that holds it; 0 where nothing of it is to be committed.</param>
    public void Add(long position, ushort packetId)
    {
        lock (_waiting)
        {
            _waiting.Enqueue((position, packetId));
            Release();
        }
    }

    public void Sent() => _slots.Release();

    public override void Committed(long position)
    {
        lock (_waiting)
        {
            _committed = position;
            Release();
        }
    }

    /// <summary>Waits until everything is acknowledged, and takes all the room.</summary>
    public async Task EmptiedAsync(CancellationToken stop)
    {
        for (var taken = 0; taken < limit; taken++) await _slots.WaitAsync(stop);
    }

    public void Dispose() => _slots.Dispose();

    private void Release()
    {
        while (_waiting.TryPeek(out var next) && next.Position <= _committed) _due.Writer.TryWrite(_waiting.Dequeue().PacketId);
    }
}
