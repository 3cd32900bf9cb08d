using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>
/// What a packet from a client must keep to before MQTTnet's decoder reads it. The decoder is made for well-meaning
/// peers: it passes over reserved flags, invalid UTF-8, properties sent twice and bytes after the end.
/// </summary>
internal static class PacketRules
{
    private static readonly PropertySet s_connect = PropertySet.Of(0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27);
    private static readonly PropertySet s_will = PropertySet.Of(0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26);
    private static readonly PropertySet s_publish = PropertySet.Of(0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26);
    private static readonly PropertySet s_ack = PropertySet.Of(0x1F, 0x26);
    private static readonly PropertySet s_subscribe = PropertySet.Of(0x0B, 0x26);
    private static readonly PropertySet s_unsubscribe = PropertySet.Of(0x26);
    private static readonly PropertySet s_disconnect = PropertySet.Of(0x11, 0x1F, 0x26);
    private static readonly PropertySet s_auth = PropertySet.Of(0x15, 0x16, 0x1F, 0x26);

    /// <summary>The version that a CONNECT asks for; null for one that nobody here speaks.</summary>
    /// <exception cref="MalformedException">It is no CONNECT of MQTT (MQTT 5, 3.1.2).</exception>
    public static MqttProtocolVersion? Version(in Frame frame, ReadOnlySpan<byte> packet)
    {
        if (frame.Type != PacketType.Connect) throw Error("the first packet is no CONNECT [MQTT-3.1.0-1]");
        var walk = new PacketWalk(packet[frame.HeaderBytes..]);
        var name = walk.Text();
        var level = walk.Byte();
        if (name.SequenceEqual("MQIsdp"u8)) return level == 3 ? MqttProtocolVersion.V310 : null;
        if (!name.SequenceEqual("MQTT"u8)) throw Error("the protocol's name is not MQTT [MQTT-3.1.2-1]");
        return level switch { 4 => MqttProtocolVersion.V311, 5 => MqttProtocolVersion.V500, _ => null };
    }

    /// <summary>Checks one packet.</summary>
    /// <returns>The properties that it has.</returns>
    /// <exception cref="MalformedException">It breaks a rule; the reason is the one of MQTT 5, 4.13.</exception>
    public static PropertySet Check(in Frame frame, ReadOnlySpan<byte> packet, bool v5)
    {
        var walk = new PacketWalk(packet[frame.HeaderBytes..]);
        if (frame.Type != PacketType.Publish && (frame.First & 0x0F) != (frame.Type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? 2 : 0))
            throw Malformed("reserved flags of a fixed header are set [MQTT-2.1.3-1]");
        var found = frame.Type switch
        {
            PacketType.Connect => Connect(ref walk, v5),
            PacketType.Publish => Publish(frame, ref walk, v5),
            PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp => Ack(ref walk, v5),
            PacketType.Subscribe => Subscribe(ref walk, v5),
            PacketType.Unsubscribe => Unsubscribe(ref walk, v5),
            PacketType.PingReq => default,
            PacketType.Disconnect => ReasonAnd(s_disconnect, ref walk, v5),
            PacketType.Auth when v5 => ReasonAnd(s_auth, ref walk, v5),
            _ => throw Error($"a client sends a packet of type {(int)frame.Type}"),
        };
        walk.End();
        return found;
    }

    /// <summary>Whether a CONNECT of 3.1.1 asks for a session that is kept and gives it no name: that has an answer of its own [MQTT-3.1.3-8].</summary>
    public static bool IsNamelessAndKept(ReadOnlySpan<byte> connect)
    {
        var walk = new PacketWalk(connect);
        walk.Text();
        walk.Byte();
        var isClean = (walk.Byte() & 2) != 0;
        walk.Short();
        return !isClean && walk.Text().IsEmpty;
    }

    private static PropertySet Connect(ref PacketWalk walk, bool v5)
    {
        walk.Text();
        walk.Byte();
        var flags = walk.Byte();
        var (will, willQos, hasPassword, hasName) = ((flags & 4) != 0, (flags >> 3) & 3, (flags & 0x40) != 0, (flags & 0x80) != 0);
        if ((flags & 1) != 0) throw Malformed("the reserved flag of a CONNECT is set [MQTT-3.1.2-3]");
        if (willQos == 3 || (!will && (flags & 0x38) != 0)) throw Malformed("the will flags of a CONNECT contradict each other [MQTT-3.1.2-11]");
        if (hasPassword && !hasName && !v5) throw Malformed("a CONNECT has a password and no user name [MQTT-3.1.2-22]");
        walk.Short();
        var found = v5 ? walk.Properties(s_connect) : default;
        if (found.Has(0x16) && !found.Has(0x15)) throw Error("a CONNECT has authentication data and no method (MQTT 5, 3.1.2.11.10)");
        walk.Text();
        if (will)
        {
            if (v5) walk.Properties(s_will);
            Topic(walk.Text());
            walk.Binary();
        }
        if (hasName) walk.Text();
        if (hasPassword) walk.Binary();
        return found;
    }

    private static PropertySet Publish(in Frame frame, ref PacketWalk walk, bool v5)
    {
        if (frame.Qos == 3) throw Malformed("a PUBLISH has QoS 3 [MQTT-3.3.1-4]");
        if (frame.Qos == 0 && (frame.First & 8) != 0) throw Malformed("a PUBLISH of QoS 0 has DUP [MQTT-3.3.1-2]");
        var topic = walk.Text();
        if (frame.Qos > 0) walk.PacketId();
        var found = v5 ? walk.Properties(s_publish) : default;
        if (!topic.IsEmpty || !found.Has(0x23)) Topic(topic);
        walk = default; // what is left is the payload
        return found;
    }

    private static PropertySet Ack(ref PacketWalk walk, bool v5)
    {
        walk.PacketId();
        return ReasonAnd(s_ack, ref walk, v5);
    }

    private static PropertySet ReasonAnd(PropertySet allowed, ref PacketWalk walk, bool v5)
    {
        if (!v5 || walk.AtEnd) return default;
        walk.Byte();
        return walk.AtEnd ? default : walk.Properties(allowed);
    }

    private static PropertySet Subscribe(ref PacketWalk walk, bool v5)
    {
        walk.PacketId();
        var found = v5 ? walk.Properties(s_subscribe) : default;
        if (walk.AtEnd) throw Error("a SUBSCRIBE has no filter [MQTT-3.8.3-2]");
        while (!walk.AtEnd)
        {
            var filter = walk.Text();
            TopicFilter.Check(filter);
            var options = walk.Byte();
            if ((options & (v5 ? 0xC0 : 0xFC)) != 0) throw Malformed("reserved bits of a subscription's options are set [MQTT-3.8.3-5]");
            if ((options & 3) == 3 || (options & 0x30) == 0x30) throw Error("a subscription has QoS 3 or Retain Handling 3 (MQTT 5, 3.8.3.1)");
            if ((options & 4) != 0 && TopicFilter.IsShared(filter)) throw Error("a shared subscription has No Local [MQTT-3.8.3-4]");
        }
        return found;
    }

    private static PropertySet Unsubscribe(ref PacketWalk walk, bool v5)
    {
        walk.PacketId();
        var found = v5 ? walk.Properties(s_unsubscribe) : default;
        if (walk.AtEnd) throw Error("an UNSUBSCRIBE has no filter [MQTT-3.10.3-2]");
        while (!walk.AtEnd) TopicFilter.Check(walk.Text());
        return found;
    }

    private static void Topic(ReadOnlySpan<byte> topic)
    {
        if (topic.IsEmpty) throw Error("a topic is empty [MQTT-4.7.3-1]");
        if (topic.ContainsAny((byte)'+', (byte)'#')) throw new MalformedException(MqttDisconnectReasonCode.TopicNameInvalid, "a topic has wildcards [MQTT-3.3.2-2]");
    }

    private static MalformedException Malformed(string what) => new(MqttDisconnectReasonCode.MalformedPacket, what);

    private static MalformedException Error(string what) => new(MqttDisconnectReasonCode.ProtocolError, what);
}
