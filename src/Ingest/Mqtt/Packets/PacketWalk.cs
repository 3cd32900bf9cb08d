using System.Buffers.Binary;
using System.Text.Unicode;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>
/// Walks over a packet's fields. Where they are not what the standard has them be it stops: it is at the end, whatever
/// is read is empty, and <see cref="Breach"/> says what was first.
/// </summary>
internal ref struct PacketWalk(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _left = body;

    public Breach? Breach { get; private set; }

    public readonly bool AtEnd => _left.IsEmpty;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public ushort Short() => Take(2) is { IsEmpty: false } two ? BinaryPrimitives.ReadUInt16BigEndian(two) : (ushort)0;

    public ReadOnlySpan<byte> Binary() => Take(Short());

    /// <summary>A UTF-8 string, well-formed and without U+0000 (MQTT 5, 1.5.4).</summary>
    public ReadOnlySpan<byte> Text()
    {
        var text = Binary();
        if (!Utf8.IsValid(text) || text.Contains((byte)0)) Malformed("a string is not well-formed UTF-8, or has U+0000 [MQTT-1.5.4-1, 1.5.4-2]");
        return text;
    }

    /// <summary>A client identifier, user name, topic or filter: a text that can be shown, without the characters that 1.5.4 advises against.</summary>
    public ReadOnlySpan<byte> Name()
    {
        var name = Text();
        if (Unshowable.Found(name)) Malformed("a name has control characters or noncharacters (MQTT 5, 1.5.4)");
        return name;
    }

    public ushort PacketId()
    {
        var id = Short();
        if (id == 0) Error("a packet has identifier 0 [MQTT-2.2.1-3]");
        return id;
    }

    /// <summary>A reason code, which must be one of the packet's own.</summary>
    public void Reason(ReadOnlySpan<byte> own)
    {
        if (!own.Contains(Byte())) Error("a packet has a reason code that is none of its own (MQTT 5, 2.4)");
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
            if (!allowed.Has(id)) properties.Malformed("a packet has a property that is none of its own (MQTT 5, 2.2.2.2)");
            if (found.Has(id) && id != PropertySet.UserProperty) properties.Error("a packet has a property twice (MQTT 5, 2.2.2.2)");
            found = found.With(id);
            properties.Value(id);
        }
        if (properties.Breach is { } breach) Break(breach);
        return found;
    }

    public void End()
    {
        if (!AtEnd) Malformed("a packet goes on after its last field");
    }

    /// <summary>Passes over what is left: it is the payload.</summary>
    public void Rest() => _left = default;

    public void Malformed(string what) => Break(new(MqttDisconnectReasonCode.MalformedPacket, what));

    public void Error(string what) => Break(new(MqttDisconnectReasonCode.ProtocolError, what));

    public void Break(Breach breach)
    {
        Breach ??= breach;
        _left = default;
    }

    private void Value(byte id)
    {
        switch (id)
        {
            case 0x01 or 0x17 or 0x19:
                if (Byte() > 1) Error("a property is neither 0 nor 1");
                break;
            case 0x21:
                if (Short() == 0) Error("Receive Maximum is 0 (MQTT 5, 3.1.2.11.3)");
                break;
            case 0x22: Short(); break;
            case 0x23:
                if (Short() == 0) Break(new(MqttDisconnectReasonCode.TopicAliasInvalid, "a topic alias is 0 [MQTT-3.3.2-8]"));
                break;
            case 0x02 or 0x11 or 0x18: Take(4); break;
            case 0x27:
                if (Take(4) is [0, 0, 0, 0]) Error("Maximum Packet Size is 0 (MQTT 5, 3.1.2.11.4)");
                break;
            case 0x0B:
                if (Variable() == 0) Error("a subscription identifier is 0 (MQTT 5, 3.8.2.1.2)");
                break;
            case 0x08:
                var topic = Name();
                if (topic.IsEmpty || topic.ContainsAny((byte)'+', (byte)'#')) Error("a response topic is empty or has wildcards [MQTT-3.3.2-14, 4.7.3-1]");
                break;
            case 0x09 or 0x16: Binary(); break;
            case PropertySet.UserProperty: Text(); Text(); break;
            default: Text(); break; // 0x03, 0x15, 0x1C, 0x1F
        }
    }

    /// <summary>A variable byte integer in as few bytes as it takes [MQTT-1.5.5-1].</summary>
    private int Variable()
    {
        if (!Frame.TryReadVariableByteInteger(_left, out var value, out var used) || value < 0 || (used > 1 && _left[used - 1] == 0))
        {
            Malformed("a packet ends within a length, or has one of too many bytes [MQTT-1.5.5-1]");
            return 0;
        }
        _left = _left[used..];
        return value;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _left.Length)
        {
            Malformed("a packet ends within a field");
            return default;
        }
        var taken = _left[..bytes];
        _left = _left[bytes..];
        return taken;
    }
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
