using Fleet.Ingest.Mqtt.Packets;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>
/// One client's session (MQTT 5, 4.1): its subscriptions, what is under way to it, what it has sent at QoS 2. It
/// outlives its connections for as long as they agreed. Everything about it happens under its lock.
/// </summary>
/// <param name="owner">Whose it is: a serial, or a name; empty for anonymous clients.</param>
/// <param name="room">Of all sessions.</param>
internal sealed class Session(string clientId, string owner, MqttOptions options, QueueRoom room, TimeProvider time)
{
    /// <summary>How many messages of QoS 1 and 2 are under way to a client at once, whatever it would allow.</summary>
    private const int MostInFlight = 128;

    private static readonly Message s_nothing = new("", default, 2, false);
    private static long s_last;

    private readonly Lock _lock = new();
    private Backlog? _waiting;
    private List<InFlight>? _inFlight;
    private Dictionary<ushort, long>? _received;
    private volatile Connection? _connection;
    private int _window;
    private ushort _lastId;
    private bool _isLive, _isEnded;

    public string ClientId => clientId;
    public string Owner => owner;

    /// <summary>Which of all sessions it is, in the order in which they began.</summary>
    public long Ordinal { get; } = Interlocked.Increment(ref s_last);

    /// <summary>
    /// Grows with every connection that any session of this node gets: the milliseconds of its CONNECT, times 2^20, or one
    /// more than the last. On another node, or after a restart, it is greater as far as the clocks agree.
    /// </summary>
    public long Number { get; set; }

    /// <summary>By filter, as written. Under the table's lock.</summary>
    public Dictionary<string, Subscription> Subscriptions { get; } = [];

    /// <summary>Seconds that it is kept without a connection (MQTT 5, 3.1.2.11.2).</summary>
    public uint ExpirySeconds { get; set; }

    /// <summary>The last will: of the connection there is, or, without one, waiting for its delay.</summary>
    public Will? Will { get; set; }

    /// <summary>When the session is to end, Unix ms, while it has no connection.</summary>
    public long EndsAtMs { get; set; } = long.MaxValue;

    /// <summary>For when the table has it on its list, Unix ms; <see cref="long.MaxValue"/> where it is not.</summary>
    public long ListedForMs { get; set; } = long.MaxValue;

    public Connection? Connection => _connection;

    /// <summary>Whether a message would go to it now.</summary>
    public bool IsReady => _connection is not null;

    /// <summary>Whether it would leave for the client at once, at any QoS.</summary>
    public bool IsFree { get { lock (_lock) return _isLive && _waiting is null && _connection is { HasRoom: true } && HasWindow; } }

    /// <summary>A new connection; nothing is sent to it before <see cref="Resume"/>.</summary>
    public void Attach(Connection connection)
    {
        lock (_lock) (_connection, _isLive) = (connection, false);
    }

    /// <summary>The CONNACK has left: what is under way is sent again, in its order [MQTT-4.4.0-1, 4.6.0-1], then what waits.</summary>
    public void Resume(Connection connection)
    {
        lock (_lock)
        {
            if (_connection != connection) return; // taken over meanwhile
            _isLive = true;
            _window = Math.Min(MostInFlight, connection.ReceiveMaximum);
            for (var i = 0; i < _inFlight?.Count; i++) _inFlight[i] = _inFlight[i] with { IsSent = false };
            SendWaiting();
        }
    }

    /// <summary>False where another connection has taken its place already.</summary>
    public bool Detach(Connection connection)
    {
        lock (_lock)
        {
            if (_connection != connection) return false;
            (_connection, _isLive) = (null, false);
            return true;
        }
    }

    /// <summary>Takes a message for the client; it is sent now, later, or dropped where too much waits (counted).</summary>
    /// <param name="isSnapshot">It is one of the retained messages of a new subscription: they share their content, and <see cref="HasRoomForSnapshot"/> bounds them.</param>
    public void Deliver(Message message, int qos, bool retain, List<uint>? subscriptionIds, bool isSnapshot = false)
    {
        var outgoing = new Outgoing(message, Math.Min(qos, message.Qos), retain, subscriptionIds, isSnapshot);
        lock (_lock)
        {
            if (_isEnded || (outgoing.Qos == 0 && _connection is null)) // QoS 0 is not kept for who is away (MQTT 5, 4.1: optional)
            {
                message.Receipt?.Dropped();
                return;
            }
            if (_waiting is null && MayHold(outgoing) && TrySend(outgoing)) return;
            (_waiting ??= new(options, room)).Add(outgoing);
            if (_waiting.IsEmpty) _waiting = null;
        }
    }

    /// <summary>Whether a new subscription may bring its retained messages: not where more than all there are wait already.</summary>
    /// <param name="retained">How many there are on this node.</param>
    public bool HasRoomForSnapshot(int retained)
    {
        lock (_lock) return (_waiting?.Snapshots ?? 0) <= Math.Max(options.MaxQueuedPerClient, retained);
    }

    /// <summary>The session has ended: what was under way to it is let go of.</summary>
    public void End()
    {
        lock (_lock)
        {
            foreach (var under in _inFlight ?? [])
            {
                under.Outgoing.Message.Receipt?.Dropped();
                LetGo(under);
            }
            for (; _waiting is { IsEmpty: false }; _waiting.RemoveOldest()) _waiting.Oldest.Message.Receipt?.Dropped();
            (_inFlight, _waiting, _isEnded) = (null, null, true);
        }
    }

    /// <summary>Of what is under way to the client and what waits for it.</summary>
    public List<IReceipt> Receipts()
    {
        lock (_lock) return [.. (_inFlight ?? []).Select(f => f.Outgoing.Message.Receipt).OfType<IReceipt>(), .. _waiting?.Receipts ?? []];
    }

    /// <summary>The connection's output has room again.</summary>
    public void Drained()
    {
        lock (_lock) SendWaiting();
    }

    /// <summary>PUBACK, PUBREC and PUBCOMP from the client.</summary>
    public Acknowledged Acknowledge(PacketType type, ushort id, bool isFailure)
    {
        lock (_lock)
        {
            var at = _inFlight?.FindIndex(f => f.Id == id) ?? -1;
            if (at < 0) return Acknowledged.Unknown;
            var under = _inFlight![at];
            var expected = under.Outgoing.Qos == 1 ? PacketType.PubAck : under.IsReceived && type != PacketType.PubRec ? PacketType.PubComp : PacketType.PubRec;
            if (type != expected) return Acknowledged.Wrongly;
            LetGo(under);
            under.Outgoing.Message.Receipt?.Acknowledged(isFailure); // at QoS 2 with the PUBREC: from there on it is the client's (4.3.3)
            if (type == PacketType.PubRec && !isFailure)
            {
                _inFlight[at] = under with { IsReceived = true, Outgoing = under.Outgoing with { Message = s_nothing } };
                return Acknowledged.Well;
            }
            _inFlight.RemoveAt(at);
            if (_inFlight.Count == 0) _inFlight = null;
            SendWaiting();
            return Acknowledged.Well;
        }
    }

    /// <summary>Whether a message of QoS 2 with this identifier is known and not released; and the journal's position that holds it.</summary>
    public bool HasReceived(ushort id, out long position)
    {
        position = 0;
        lock (_lock) return _received is not null && _received.TryGetValue(id, out position);
    }

    public void Receive(ushort id, long position)
    {
        lock (_lock) (_received ??= [])[id] = position;
    }

    public bool Release(ushort id)
    {
        lock (_lock) return _received?.Remove(id) == true;
    }

    /// <summary>Messages of QoS 2 that the client has not released.</summary>
    public int Unreleased { get { lock (_lock) return _received?.Count ?? 0; } }

    private void SendWaiting()
    {
        SendAgain();
        while (_waiting is not null && TrySend(_waiting.Oldest))
        {
            _waiting.RemoveOldest();
            if (_waiting.IsEmpty) _waiting = null;
        }
    }

    /// <summary>What was under way before this connection, as many as it takes at once (MQTT 5, 4.9).</summary>
    private void SendAgain()
    {
        for (var i = 0; i < Math.Min(_inFlight?.Count ?? 0, _window) && _isLive && _connection is { HasRoom: true } connection; i++)
        {
            var under = _inFlight![i];
            if (under.IsSent) continue;
            if (TrySendAgain(connection, under)) _inFlight[i] = under with { IsSent = true };
            else
            {
                LetGo(under);
                _inFlight.RemoveAt(i--);
            }
        }
    }

    /// <summary>False where the client is not to get it again: it is under way no more, and its identifier is free.</summary>
    private bool TrySendAgain(Connection connection, in InFlight under)
    {
        if (under.IsReceived) return connection.Send(new MqttPubRelPacket { PacketIdentifier = under.Id });
        var receipt = under.Outgoing.Message.Receipt;
        var isVoid = receipt is { IsVoid: true };
        if (!isVoid && SendPublish(connection, under.Id, under.Outgoing, duplicate: true)) return true;
        if (isVoid) receipt!.Dropped();
        else receipt?.Acknowledged(isFailure: true); // too large for this connection
        return false;
    }

    private bool TrySend(Outgoing outgoing)
    {
        if (!_isLive || _connection is not { } connection || !connection.HasRoom) return false;
        if (outgoing.Message.ExpiresAtMs <= NowMs() || outgoing.Message.Receipt is { IsVoid: true }) // [MQTT-3.3.2-5]
        {
            outgoing.Message.Receipt?.Dropped();
            return true;
        }
        if (outgoing.Qos == 0)
        {
            var isSent = SendPublish(connection, 0, outgoing, duplicate: false);
            outgoing.Message.Receipt?.Acknowledged(isFailure: !isSent); // more will not be known
            return true;
        }
        if (!HasWindow) return false;
        var id = FreeId();
        if (!SendPublish(connection, id, outgoing, duplicate: false))
        {
            outgoing.Message.Receipt?.Acknowledged(isFailure: true);
            return true; // too large for this client: as if it were sent [MQTT-3.1.2-25]
        }
        (_inFlight ??= []).Add(new(id, outgoing));
        if (!outgoing.IsSnapshot) room.Take(outgoing.Message);
        return true;
    }

    private bool SendPublish(Connection connection, ushort id, Outgoing o, bool duplicate) =>
        connection.Send(o.Message.Packet(id, o.Qos, o.Retain, duplicate, o.SubscriptionIds, NowMs()));

    private ushort FreeId()
    {
        do _lastId = (ushort)(_lastId == ushort.MaxValue ? 1 : _lastId + 1);
        while (_inFlight?.Exists(f => f.Id == _lastId) == true);
        return _lastId;
    }

    /// <summary>Whether one more may be under way to the client, and those before it are.</summary>
    private bool HasWindow => _inFlight is not { Count: > 0 } all || (all.Count < _window && all[^1].IsSent);

    /// <summary>Where all sessions together hold too much, one message at a time is still under way to each client that takes them.</summary>
    private bool MayHold(in Outgoing outgoing) => outgoing.Qos == 0 || outgoing.IsSnapshot || _inFlight is not { Count: > 0 } || room.Has(QueueRoom.Size(outgoing.Message));

    /// <summary>A message is under way no more, or has arrived and only its PUBCOMP has not.</summary>
    private void LetGo(in InFlight under)
    {
        if (!under.IsReceived && !under.Outgoing.IsSnapshot) room.GiveBack(under.Outgoing.Message);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
