using Fleet.Grains.Reports;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt.Packets;
using Fleet.Ingest.Mqtt.Sessions;
using Microsoft.AspNetCore.Connections;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>The conversation: what each packet does (MQTT 5, 3; what 3.1.1 has differently is said where it matters).</summary>
internal sealed partial class Connection
{
    /// <summary>How many topics a client may name by a number (MQTT 5, 3.3.2.3.4).</summary>
    private const ushort MostAliases = 32;

    private static readonly Breach s_tooManyAtOnce = new(MqttDisconnectReasonCode.ReceiveMaximumExceeded, "a client has more messages under way than the Receive Maximum of its CONNACK [MQTT-3.3.4-9]");

    /// <summary>The way into the store of the command that was read last.</summary>
    private Task<Refusal>? _keeping;

    private MqttProtocolVersion _version = MqttProtocolVersion.V311;
    private bool _isV5, _isAccepted, _hasTakenLeave, _hasSaidWhy, _tellsProblems = true;
    private long _maxPacketBytes = long.MaxValue;
    private int _mostOutgoingAliases;
    private string[]? _aliases;
    private Dictionary<string, ushort>? _outgoingAliases;

    /// <summary>Its session, once it is let in.</summary>
    public Session? Session { get; private set; }

    /// <summary>How many messages of QoS 1 and 2 the client takes at once.</summary>
    public int ReceiveMaximum { get; private set; } = ushort.MaxValue;

    /// <summary>Sends a packet. Never blocks.</summary>
    /// <returns>False for a PUBLISH that is larger than the client takes [MQTT-3.1.2-24].</returns>
    public bool Send(MqttPacket packet)
    {
        var alias = packet is MqttPublishPacket publish && _mostOutgoingAliases > 0 ? Alias(publish) : null;
        var encoded = Codec.Encode(_version, packet);
        if (encoded.Length > _maxPacketBytes) return false;
        if (alias is not null) (_outgoingAliases ??= []).TryAdd(alias, (ushort)(_outgoingAliases.Count + 1));
        _output.Write(encoded);
        return true;
    }

    /// <summary>Puts a number in the place of a topic that was sent before, or offers one for the next time. Under the session's lock.</summary>
    private string? Alias(MqttPublishPacket publish)
    {
        if (_outgoingAliases?.TryGetValue(publish.Topic, out var known) == true)
        {
            (publish.Topic, publish.TopicAlias) = ("", known);
            return null;
        }
        var next = (_outgoingAliases?.Count ?? 0) + 1;
        if (next > _mostOutgoingAliases) return null;
        publish.TopicAlias = (ushort)next;
        return publish.Topic;
    }

    private void Handle(in Frame frame, ReadOnlySpan<byte> packet)
    {
        if (PacketRules.Check(frame, packet, _version, out var properties) is { } breach)
        {
            Break(breach);
            return;
        }
        switch (frame.Type)
        {
            case PacketType.PingReq:
                _output.Write([0xD0, 0]);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                Acknowledge(frame, packet);
                break;
            case PacketType.Subscribe:
                if (Decode<MqttSubscribePacket>(frame, packet) is not { } subscribe) return;
                Rate?.Charge(subscribe.TopicFilters.Count - 1); // each costs what a message does, or more
                _broker.Subscribe(this, Session!, subscribe, _isV5);
                break;
            case PacketType.Unsubscribe:
                if (Decode<MqttUnsubscribePacket>(frame, packet) is not { } unsubscribe) return;
                Rate?.Charge(unsubscribe.TopicFilters.Count - 1);
                Send(new MqttUnsubAckPacket { PacketIdentifier = unsubscribe.PacketIdentifier, ReasonCodes = _broker.Unsubscribe(this, Session!, unsubscribe) });
                break;
            case PacketType.Disconnect:
                TakeLeave(frame, packet, properties);
                break;
            default: // a second CONNECT [MQTT-3.1.0-2], AUTH that nobody asked for (MQTT 5, 4.12)
                Break(new(MqttDisconnectReasonCode.ProtocolError, "a packet is out of turn [MQTT-3.1.0-2]"));
                break;
        }
    }

    /// <summary>Null, and the connection closed, where MQTTnet finds what <see cref="PacketRules"/> let pass.</summary>
    private T? Decode<T>(in Frame frame, ReadOnlySpan<byte> packet) where T : MqttPacket
    {
        var decoded = Codec.Decode(_version, frame, packet) as T;
        if (decoded is null) Break(new(MqttDisconnectReasonCode.MalformedPacket, "a packet cannot be decoded"));
        return decoded;
    }

    private void Acknowledge(in Frame frame, ReadOnlySpan<byte> packet)
    {
        var body = packet[frame.HeaderBytes..];
        var id = (ushort)((body[0] << 8) | body[1]);
        var isFailure = body.Length > 2 && body[2] >= 0x80;
        switch (frame.Type)
        {
            case PacketType.PubRel:
                Reply(0x70, id, isKnown: Session!.Release(id));
                break;
            default:
                var outcome = Session!.Acknowledge(frame.Type, id, isFailure);
                if (outcome == Acknowledged.Wrongly) Break(new(MqttDisconnectReasonCode.ProtocolError, "an acknowledgement is not the one that its message's QoS has (MQTT 5, 4.3)"));
                else if (frame.Type == PacketType.PubRec && (!isFailure || outcome == Acknowledged.Unknown)) Reply(0x62, id, isKnown: outcome == Acknowledged.Well);
                break;
        }
    }

    /// <summary>PUBREL or PUBCOMP; where the identifier is unknown, version 5 says so with 0x92.</summary>
    private void Reply(byte first, ushort id, bool isKnown) =>
        _output.Write(isKnown || !_isV5 ? [first, 2, (byte)(id >> 8), (byte)id] : [first, 3, (byte)(id >> 8), (byte)id, (byte)MqttPubCompReasonCode.PacketIdentifierNotFound]);

    private void TakeLeave(in Frame frame, ReadOnlySpan<byte> packet, PropertySet properties)
    {
        var body = packet[frame.HeaderBytes..];
        if (properties.Has(0x11))
        {
            if (Decode<MqttDisconnectPacket>(frame, packet) is not { } leave) return;
            if (leave.SessionExpiryInterval > 0 && Session!.ExpirySeconds == 0)
            {
                Break(new(MqttDisconnectReasonCode.ProtocolError, "a session without expiry gets one at its end (MQTT 5, 3.14.2.2.2)"));
                return;
            }
            _broker.Keep(this, Session!, leave.SessionExpiryInterval);
        }
        _hasTakenLeave = !_isV5 || body.IsEmpty || body[0] == (byte)MqttDisconnectReasonCode.NormalDisconnection; // [MQTT-3.14.4-3]
        Interlocked.Exchange(ref _closed, 1);
    }

    /// <summary>Takes a PUBLISH the long way; a pause where it must be looked at again.</summary>
    private Pause TakePublish(in Frame frame, ReadOnlySpan<byte> packet)
    {
        if (PacketRules.Check(frame, packet, _version, out _) is { } breach)
        {
            Break(breach);
            return Pause.None;
        }
        if (Decode<MqttPublishPacket>(frame, packet) is not { } publish) return Pause.None;
        var id = publish.PacketIdentifier;
        var session = Session!;
        if (_keeping is not null) return TakeKept(frame.Qos, id); // it is this one, looked at again
        if (TopicOf(publish) is not { } topic) return Pause.None; // one that was taken before names its alias on this connection all the same
        if (frame.Qos == 2)
        {
            if (session.HasReceived(id, out var known))
            {
                if (!_broker.IsCommitted(known)) return Pause.Commit; // taken on an earlier connection, a moment ago
                Answer(0, id, Received(id)); // [MQTT-4.3.3-10]
                return Pause.None;
            }
            if (_isV5 && session.Unreleased >= _options.MaxUnacknowledged)
            {
                Break(s_tooManyAtOnce);
                return Pause.None;
            }
        }
        if (_broker.Tools.IsOne(Access!, topic))
        {
            _keeping = KeepAsync(publish, topic, session, frame.Qos == 2 ? id : null);
            return TakeKept(frame.Qos, id);
        }
        if (!_broker.TryTake(this, publish, topic, out var position, out var remark)) return Pause.Journal;
        AnswerTaken(frame.Qos, id, position, remark);
        return Pause.None;
    }

    private void AnswerTaken(int qos, ushort id, long position, Remark? remark)
    {
        if (qos == 0) return;
        if (remark is { } said && _isV5) Answer(position, id, Remarked(qos, id, said));
        else if (qos == 1) Answer(position, id);
        else
        {
            Session!.Receive(id, position);
            Answer(position, id, Received(id));
        }
    }

    /// <summary>Answers a command that is in the store, or was refused; until then nothing more is read.</summary>
    private Pause TakeKept(int qos, ushort id)
    {
        if (!_keeping!.IsCompleted) return Pause.Store;
        if (_keeping.IsCompletedSuccessfully) AnswerTaken(qos, id, 0, _keeping.GetAwaiter().GetResult() is var refusal && refusal != Refusal.None ? Remark.Of(refusal) : null);
        else Close(MqttDisconnectReasonCode.ServerBusy); // it has gone, or we go
        _keeping = null;
        return Pause.None;
    }

    /// <param name="id">Its identifier at QoS 2: who sends it again on a new connection meanwhile waits for this one.</param>
    private async Task<Refusal> KeepAsync(MqttPublishPacket publish, string topic, Session session, ushort? id)
    {
        if (id is { } known) session.Receive(known, long.MaxValue);
        var refusal = Refusal.TooMany;
        try { return refusal = await _broker.Tools.KeepAsync(Message.Of(publish, topic, _time.GetUtcNow().ToUnixTimeMilliseconds()), _context.ConnectionClosed); }
        finally
        {
            if (id is { } ended)
            {
                if (refusal == Refusal.None) session.Receive(ended, 0);
                else session.Release(ended);
            }
        }
    }

    /// <summary>The topic by its name or by its alias; null, and the connection closed, where the alias is none.</summary>
    private string? TopicOf(MqttPublishPacket publish)
    {
        if (publish.TopicAlias == 0) return publish.Topic;
        if (publish.TopicAlias > MostAliases) Break(new(MqttDisconnectReasonCode.TopicAliasInvalid, "a topic alias is above our Topic Alias Maximum [MQTT-3.3.2-9]"));
        else if (!string.IsNullOrEmpty(publish.Topic)) return (_aliases ??= new string[MostAliases + 1])[publish.TopicAlias] = publish.Topic;
        else if (_aliases?[publish.TopicAlias] is { } named) return named;
        else Break(new(MqttDisconnectReasonCode.ProtocolError, "a topic alias names no topic (MQTT 5, 3.3.2.3.4)"));
        return null;
    }

    private static byte[] Received(ushort id) => [0x50, 2, (byte)(id >> 8), (byte)id];

    private byte[] Remarked(int qos, ushort id, Remark remark)
    {
        byte[] plain = [(byte)(qos == 1 ? 0x40 : 0x50), 3, (byte)(id >> 8), (byte)id, (byte)remark.Code];
        if (!_tellsProblems || remark.Why is null) return plain;
        MqttPacket packet = qos == 1
            ? new MqttPubAckPacket { PacketIdentifier = id, ReasonCode = remark.Code, ReasonString = remark.Why }
            : new MqttPubRecPacket { PacketIdentifier = id, ReasonCode = (MqttPubRecReasonCode)remark.Code, ReasonString = remark.Why };
        var inWords = Codec.Encode(_version, packet);
        return inWords.Length > _maxPacketBytes ? plain : inWords.ToArray(); // [MQTT-3.4.2-2]
    }

    /// <summary>Only version 5 has a way to say it: in a DISCONNECT after the CONNACK (3.14), in the CONNACK before.</summary>
    private void SayWhy(MqttDisconnectReasonCode reason)
    {
        if (!_isV5) return;
        byte[] packet = _isAccepted ? [0xE0, 1, (byte)reason]
            : reason is MqttDisconnectReasonCode.MalformedPacket or MqttDisconnectReasonCode.ProtocolError or MqttDisconnectReasonCode.PacketTooLarge ? [0x20, 3, 0, (byte)reason, 0]
            : [];
        if (packet.Length == 0 || packet.Length > _maxPacketBytes) return; // [MQTT-3.1.2-24]
        _hasSaidWhy = true;
        _output.Write(packet);
    }

    /// <summary>
    /// A socket that is closed with bytes unread is reset, and a reset may overtake our last packet: whoever was told
    /// something has a moment to read it and to hang up.
    /// </summary>
    private async Task LingerAsync()
    {
        if (!_hasSaidWhy) return;
        var begun = _time.GetTimestamp();
        try
        {
            while (_time.GetElapsedTime(begun) < s_farewell)
            {
                var read = await _input.ReadAsync().AsTask().WaitAsync(s_farewell, _time);
                _input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
        catch (Exception e) when (e is TimeoutException or ConnectionResetException or ConnectionAbortedException or IOException) { }
    }
}
