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
    private static readonly PropertySet s_disconnect = PropertySet.Of(0x11, 0x1C, 0x1F, 0x26);
    private static readonly PropertySet s_auth = PropertySet.Of(0x15, 0x16, 0x1F, 0x26);

    /// <summary>The reason codes of PUBACK and PUBREC, and of PUBREL and PUBCOMP (MQTT 5, table 2-6).</summary>
    private static readonly byte[] s_taken = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], s_released = [0x00, 0x92];

    /// <summary>The version that a CONNECT asks for; null for one that nobody here speaks.</summary>
    /// <returns>Why it is no CONNECT of MQTT (MQTT 5, 3.1.2); null where it is one.</returns>
    public static Breach? Version(in Frame frame, ReadOnlySpan<byte> packet, out MqttProtocolVersion? version)
    {
        version = null;
        var walk = new PacketWalk(packet[frame.HeaderBytes..]);
        var name = walk.Text();
        var level = walk.Byte();
        if (walk.Breach is { } breach) return breach;
        if (name.SequenceEqual("MQIsdp"u8)) version = level == 3 ? MqttProtocolVersion.V310 : null;
        else if (name.SequenceEqual("MQTT"u8)) version = level switch { 4 => MqttProtocolVersion.V311, 5 => MqttProtocolVersion.V500, _ => null };
        else return new(MqttDisconnectReasonCode.ProtocolError, "the protocol's name is not MQTT [MQTT-3.1.2-1]");
        return null;
    }

    /// <summary>Checks one packet.</summary>
    /// <param name="found">The properties that it has.</param>
    /// <returns>The first rule that it breaks, with the reason of MQTT 5, 4.13; null where it keeps them.</returns>
    public static Breach? Check(in Frame frame, ReadOnlySpan<byte> packet, MqttProtocolVersion version, out PropertySet found)
    {
        var walk = new PacketWalk(packet[frame.HeaderBytes..]);
        var v5 = version == MqttProtocolVersion.V500;
        if (frame.Type != PacketType.Publish && (frame.First & 0x0F) != FlagsOf(frame.Type) && !(frame.Type == PacketType.Connect && version == MqttProtocolVersion.V310)) // MQTT 3.1, 3.1: not used
            walk.Malformed("reserved flags of a fixed header are set [MQTT-2.1.3-1]");
        found = default;
        switch (frame.Type)
        {
            case PacketType.Connect: found = Connect(ref walk, v5); break;
            case PacketType.Publish: found = Publish(frame, ref walk, v5); break;
            case PacketType.PubAck or PacketType.PubRec: found = Ack(s_taken, ref walk, v5); break;
            case PacketType.PubRel or PacketType.PubComp: found = Ack(s_released, ref walk, v5); break;
            case PacketType.Subscribe: found = Subscribe(ref walk, v5); break;
            case PacketType.Unsubscribe: found = Unsubscribe(ref walk, v5); break;
            case PacketType.PingReq: break;
            case PacketType.Disconnect: found = ReasonAnd([], s_disconnect, ref walk, v5); break;
            case PacketType.Auth when v5: found = ReasonAnd([], s_auth, ref walk, v5); break;
            default: walk.Error("a packet is none that a client sends"); break;
        }
        walk.End();
        return walk.Breach;
    }

    /// <summary>
    /// Whether a CONNECT gives no name to a session that should have one, which has an answer of its own: at 3.1.1 one that
    /// is kept [MQTT-3.1.3-8], at 3.1 every one.
    /// </summary>
    public static bool IsNameless(ReadOnlySpan<byte> connect, MqttProtocolVersion version)
    {
        if (version == MqttProtocolVersion.V500) return false;
        var walk = new PacketWalk(connect);
        walk.Text();
        walk.Byte();
        var isClean = (walk.Byte() & 2) != 0;
        walk.Short();
        return (!isClean || version == MqttProtocolVersion.V310) && walk.Text().IsEmpty;
    }

    private static int FlagsOf(PacketType type) => type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? 2 : 0;

    private static PropertySet Connect(ref PacketWalk walk, bool v5)
    {
        walk.Text();
        walk.Byte();
        var flags = walk.Byte();
        var (will, willQos, hasPassword, hasName) = ((flags & 4) != 0, (flags >> 3) & 3, (flags & 0x40) != 0, (flags & 0x80) != 0);
        if ((flags & 1) != 0) walk.Malformed("the reserved flag of a CONNECT is set [MQTT-3.1.2-3]");
        if (willQos == 3 || (!will && (flags & 0x38) != 0)) walk.Malformed("the will flags of a CONNECT contradict each other [MQTT-3.1.2-11]");
        if (hasPassword && !hasName && !v5) walk.Malformed("a CONNECT has a password and no user name [MQTT-3.1.2-22]");
        walk.Short();
        var found = v5 ? walk.Properties(s_connect) : default;
        if (found.Has(0x16) && !found.Has(0x15)) walk.Error("a CONNECT has authentication data and no method (MQTT 5, 3.1.2.11.10)");
        walk.Name();
        if (will)
        {
            if (v5) walk.Properties(s_will);
            Topic(ref walk, walk.Name());
            walk.Binary();
        }
        if (hasName) walk.Name();
        if (hasPassword) walk.Binary();
        return found;
    }

    private static PropertySet Publish(in Frame frame, ref PacketWalk walk, bool v5)
    {
        if (frame.Qos == 3) walk.Malformed("a PUBLISH has QoS 3 [MQTT-3.3.1-4]");
        if (frame.Qos == 0 && (frame.First & 8) != 0) walk.Malformed("a PUBLISH of QoS 0 has DUP [MQTT-3.3.1-2]");
        var topic = walk.Name();
        if (frame.Qos > 0) walk.PacketId();
        var found = v5 ? walk.Properties(s_publish) : default;
        if (!topic.IsEmpty || !found.Has(0x23)) Topic(ref walk, topic);
        walk.Rest();
        return found;
    }

    private static PropertySet Ack(ReadOnlySpan<byte> reasons, ref PacketWalk walk, bool v5)
    {
        walk.PacketId();
        return ReasonAnd(reasons, s_ack, ref walk, v5);
    }

    /// <param name="reasons">The codes that the packet may have; empty where it makes no difference.</param>
    private static PropertySet ReasonAnd(ReadOnlySpan<byte> reasons, PropertySet allowed, ref PacketWalk walk, bool v5)
    {
        if (!v5 || walk.AtEnd) return default;
        if (reasons.IsEmpty) walk.Byte();
        else walk.Reason(reasons);
        return walk.AtEnd ? default : walk.Properties(allowed);
    }

    private static PropertySet Subscribe(ref PacketWalk walk, bool v5)
    {
        walk.PacketId();
        var found = v5 ? walk.Properties(s_subscribe) : default;
        if (walk.AtEnd) walk.Error("a SUBSCRIBE has no filter [MQTT-3.8.3-2]");
        while (!walk.AtEnd)
        {
            var filter = walk.Name();
            var options = walk.Byte();
            if (TopicFilter.Check(filter) is { } breach) walk.Break(breach);
            if ((options & (v5 ? 0xC0 : 0xFC)) != 0) walk.Malformed("reserved bits of a subscription's options are set [MQTT-3.8.3-5]");
            if ((options & 3) == 3 || (options & 0x30) == 0x30) walk.Error("a subscription has QoS 3 or Retain Handling 3 (MQTT 5, 3.8.3.1)");
            if ((options & 4) != 0 && TopicFilter.IsShared(filter)) walk.Error("a shared subscription has No Local [MQTT-3.8.3-4]");
        }
        return found;
    }

    private static PropertySet Unsubscribe(ref PacketWalk walk, bool v5)
    {
        walk.PacketId();
        var found = v5 ? walk.Properties(s_unsubscribe) : default;
        if (walk.AtEnd) walk.Error("an UNSUBSCRIBE has no filter [MQTT-3.10.3-2]");
        while (!walk.AtEnd)
            if (TopicFilter.Check(walk.Name()) is { } breach) walk.Break(breach);
        return found;
    }

    private static void Topic(ref PacketWalk walk, ReadOnlySpan<byte> topic)
    {
        if (topic.IsEmpty) walk.Error("a topic is empty [MQTT-4.7.3-1]");
        if (topic.ContainsAny((byte)'+', (byte)'#')) walk.Break(new(MqttDisconnectReasonCode.TopicNameInvalid, "a topic has wildcards [MQTT-3.3.2-2]"));
    }
}
