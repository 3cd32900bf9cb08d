using System.Buffers.Binary;
using System.Text.Unicode;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>Walks over a packet's fields, and says where they are not what the standard has them be.</summary>
internal ref struct PacketWalk(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _left = body;

    public readonly bool AtEnd => _left.IsEmpty;

    public byte Byte() => Take(1)[0];

    public ushort Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public ReadOnlySpan<byte> Binary() => Take(Short());

    /// <summary>A UTF-8 string, well-formed and without U+0000 (MQTT 5, 1.5.4).</summary>
    public ReadOnlySpan<byte> Text()
    {
        var text = Binary();
        if (!Utf8.IsValid(text) || text.Contains((byte)0)) throw Malformed("a string is not well-formed UTF-8, or has U+0000 [MQTT-1.5.4-1]");
        return text;
    }

    public ushort PacketId()
    {
        var id = Short();
        return id != 0 ? id : throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, "a packet has identifier 0 [MQTT-2.2.1-3]");
    }

    /// <summary>The properties of a packet (MQTT 5, 2.2.2).</summary>
    /// <param name="allowed">The identifiers that the packet may have.</param>
    /// <returns>Those that it has.</returns>
    public PropertySet Properties(PropertySet allowed)
    {
        var properties = new PacketWalk(Take(Variable()));
        var found = default(PropertySet);
        while (!properties.AtEnd)
        {
            var id = properties.Byte();
            if (!allowed.Has(id)) throw Malformed($"a packet has property 0x{id:X2}, which is none of its own");
            if (found.Has(id) && id != PropertySet.UserProperty)
                throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, $"a packet has property 0x{id:X2} twice");
            found = found.With(id);
            properties.Value(id);
        }
        return found;
    }

    public readonly void End()
    {
        if (!AtEnd) throw Malformed($"a packet goes on for {_left.Length} bytes after its last field");
    }

    private void Value(byte id)
    {
        switch (id)
        {
            case 0x01 or 0x17 or 0x19:
                if (Byte() > 1) throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, $"property 0x{id:X2} is neither 0 nor 1");
                break;
            case 0x21:
                if (Short() == 0) throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, "Receive Maximum is 0 (MQTT 5, 3.1.2.11.3)");
                break;
            case 0x22: Short(); break;
            case 0x23:
                if (Short() == 0) throw new MalformedException(MqttDisconnectReasonCode.TopicAliasInvalid, "a topic alias is 0 [MQTT-3.3.2-8]");
                break;
            case 0x02 or 0x11 or 0x18: Take(4); break;
            case 0x27:
                if (BinaryPrimitives.ReadUInt32BigEndian(Take(4)) == 0) throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, "Maximum Packet Size is 0 (MQTT 5, 3.1.2.11.4)");
                break;
            case 0x0B:
                if (Variable() == 0) throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, "a subscription identifier is 0 (MQTT 5, 3.8.2.1.2)");
                break;
            case 0x08:
                if (Text().ContainsAny((byte)'+', (byte)'#')) throw new MalformedException(MqttDisconnectReasonCode.ProtocolError, "a response topic has wildcards [MQTT-3.3.2-14]");
                break;
            case 0x09 or 0x16: Binary(); break;
            case PropertySet.UserProperty: Text(); Text(); break;
            default: Text(); break; // 0x03, 0x15, 0x1F
        }
    }

    private int Variable()
    {
        if (!Frame.TryReadVariableByteInteger(_left, out var value, out var used)) throw Malformed("a packet ends within a field");
        _left = _left[used..];
        return value;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _left.Length) throw Malformed("a packet ends within a field");
        var taken = _left[..bytes];
        _left = _left[bytes..];
        return taken;
    }

    private static MalformedException Malformed(string what) => new(MqttDisconnectReasonCode.MalformedPacket, what);
}

/// <summary>A set of property identifiers, all below 64 (MQTT 5, table 2-4).</summary>
internal readonly struct PropertySet(ulong ids)
{
    public const byte UserProperty = 0x26;

    public static PropertySet Of(params ReadOnlySpan<byte> ids)
    {
        var set = 0UL;
        foreach (var id in ids) set |= 1UL << id;
        return new(set);
    }

    public bool Has(byte id) => id < 64 && (ids & (1UL << id)) != 0;

    public PropertySet With(byte id) => new(ids | (1UL << id));
}
