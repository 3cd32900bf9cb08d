namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>What waits for one client, the oldest first: within its own limits, and within what all sessions hold together.</summary>
internal sealed class Backlog(MqttOptions options, QueueRoom room)
{
    private readonly Queue<Outgoing> _queue = [];
    private int _messages, _bytes;

    public bool IsEmpty => _queue.Count == 0;

    /// <summary>How many of it are retained messages that new subscriptions brought.</summary>
    public int Snapshots { get; private set; }

    public Outgoing Oldest => _queue.Peek();

    public IEnumerable<IReceipt> Receipts => _queue.Select(o => o.Message.Receipt).OfType<IReceipt>();

    /// <summary>Takes one in, in the place of the oldest ones where it has no room (counted); those are told, and so is one that has no room then either.</summary>
    public void Add(in Outgoing outgoing)
    {
        // Where others hold too much, it takes the place of as many bytes of its own session.
        for (var freed = 0; !outgoing.IsSnapshot && !HasRoomFor(outgoing.Message, freed);)
        {
            IngestMetrics.Undelivered.Add(1);
            if (IsEmpty || Oldest.IsSnapshot)
            {
                outgoing.Message.Receipt?.Dropped();
                return;
            }
            freed += QueueRoom.Size(Oldest.Message);
            Oldest.Message.Receipt?.Dropped();
            RemoveOldest();
        }
        _queue.Enqueue(outgoing);
        if (outgoing.IsSnapshot) Snapshots++;
        else
        {
            (_messages, _bytes) = (_messages + 1, _bytes + outgoing.Message.Bytes);
            room.Take(outgoing.Message);
        }
    }

    public void RemoveOldest()
    {
        var outgoing = _queue.Dequeue();
        if (outgoing.IsSnapshot) Snapshots--;
        else
        {
            (_messages, _bytes) = (_messages - 1, _bytes - outgoing.Message.Bytes);
            room.GiveBack(outgoing.Message);
        }
    }

    private bool HasRoomFor(Message message, int freed) =>
        _messages < options.MaxQueuedPerClient && _bytes + message.Bytes <= options.MaxQueuedBytesPerClient
        && (freed >= QueueRoom.Size(message) || room.Has(QueueRoom.Size(message)));
}

/// <summary>A message on its way to one client.</summary>
/// <param name="IsSnapshot">It is one of the retained messages of a new subscription: they share their content.</param>
internal readonly record struct Outgoing(Message Message, int Qos, bool Retain, List<uint>? SubscriptionIds, bool IsSnapshot);

/// <summary>One that has left under its packet identifier and is not acknowledged.</summary>
/// <param name="IsReceived">Its PUBREC has come: PUBREL is what is sent again.</param>
/// <param name="IsSent">On the connection there is.</param>
internal readonly record struct InFlight(ushort Id, Outgoing Outgoing, bool IsReceived = false, bool IsSent = true);
