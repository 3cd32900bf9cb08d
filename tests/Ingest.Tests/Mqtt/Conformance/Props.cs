using System.Buffers.Binary;
using System.Text;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Property identifiers (MQTT 5, 2.2.2.2).</summary>
internal enum Prop : byte
{
    PayloadFormat = 0x01, MessageExpiry = 0x02, ContentType = 0x03, ResponseTopic = 0x08, CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B, SessionExpiry = 0x11, AssignedClientIdentifier = 0x12, ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15, AuthenticationData = 0x16, RequestProblemInformation = 0x17, WillDelay = 0x18,
    RequestResponseInformation = 0x19, ResponseInformation = 0x1A, ServerReference = 0x1C, ReasonString = 0x1F,
    ReceiveMaximum = 0x21, TopicAliasMaximum = 0x22, TopicAlias = 0x23, MaximumQos = 0x24, RetainAvailable = 0x25,
    UserProperty = 0x26, MaximumPacketSize = 0x27, WildcardAvailable = 0x28, IdentifiersAvailable = 0x29, SharedAvailable = 0x2A,
}

/// <summary>Properties in their order: numbers are <see cref="uint"/>, texts <see cref="string"/>, binary data bytes, user properties pairs.</summary>
internal sealed class Props : List<(Prop Id, object Value)>
{
    public void Add(Prop id, object value) => Add((id, value is int number ? (uint)number : value));

    public uint? Number(Prop id) => this.Where(p => p.Id == id).Select(p => (uint?)p.Value).SingleOrDefault();

    public string? Text(Prop id) => this.Where(p => p.Id == id).Select(p => (string)p.Value).SingleOrDefault();

    public List<T> All<T>(Prop id) => [.. this.Where(p => p.Id == id).Select(p => (T)p.Value)];

    /// <summary>With its length before it.</summary>
    public byte[] Bytes()
    {
        byte[] body = [.. this.SelectMany(p => (byte[])[(byte)p.Id, .. Value(p.Id, p.Value)])];
        return [.. Bits.VarInt((uint)body.Length), .. body];
    }

    public static Props Read(ref ReadOnlySpan<byte> from)
    {
        var props = new Props();
        var length = (int)Bits.ReadVarInt(ref from);
        var body = from[..length];
        from = from[length..];
        while (!body.IsEmpty)
        {
            var id = (Prop)body[0];
            body = body[1..];
            props.Add(id, Kind(id) switch
            {
                'b' => (object)(uint)Bits.Read(ref body, 1)[0],
                's' => (uint)BinaryPrimitives.ReadUInt16BigEndian(Bits.Read(ref body, 2)),
                'i' => BinaryPrimitives.ReadUInt32BigEndian(Bits.Read(ref body, 4)),
                'v' => Bits.ReadVarInt(ref body),
                'd' => Bits.ReadBinary(ref body).ToArray(),
                'p' => (Bits.ReadText(ref body), Bits.ReadText(ref body)),
                _ => Bits.ReadText(ref body),
            });
        }
        return props;
    }

    private static byte[] Value(Prop id, object value) => (Kind(id), value) switch
    {
        ('b', uint n) => [(byte)n],
        ('s', uint n) => Bits.U16((ushort)n),
        ('i', uint n) => Bits.U32(n),
        ('v', uint n) => Bits.VarInt(n),
        ('d', byte[] data) => [.. Bits.U16((ushort)data.Length), .. data],
        ('p', (string name, string text)) => [.. Bits.Text(name), .. Bits.Text(text)],
        ('t', string text) => Bits.Text(text),
        _ => throw new ArgumentException($"{value} is no value of {id}"),
    };

    /// <summary>Byte, short, int, variable, data, pair, text.</summary>
    private static char Kind(Prop id) => id switch
    {
        Prop.PayloadFormat or Prop.RequestProblemInformation or Prop.RequestResponseInformation or Prop.MaximumQos or Prop.RetainAvailable
            or Prop.WildcardAvailable or Prop.IdentifiersAvailable or Prop.SharedAvailable => 'b',
        Prop.ServerKeepAlive or Prop.ReceiveMaximum or Prop.TopicAliasMaximum or Prop.TopicAlias => 's',
        Prop.MessageExpiry or Prop.SessionExpiry or Prop.WillDelay or Prop.MaximumPacketSize => 'i',
        Prop.SubscriptionIdentifier => 'v',
        Prop.CorrelationData or Prop.AuthenticationData => 'd',
        Prop.UserProperty => 'p',
        _ => 't',
    };
}

/// <summary>MQTT's data types (MQTT 5, 1.5).</summary>
internal static class Bits
{
    public static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    public static byte[] Text(string text) => Binary(Encoding.UTF8.GetBytes(text));

    public static byte[] Binary(params byte[] bytes) => [.. U16(bytes.Length), .. bytes];

    public static byte[] VarInt(uint value)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Add((byte)((value & 0x7F) | (value > 0x7F ? 0x80u : 0)));
            value >>= 7;
        } while (value > 0);
        return [.. bytes];
    }

    /// <summary>A packet of its first byte and the parts of its body.</summary>
    public static byte[] Frame(byte first, params byte[][] parts) =>
        [first, .. VarInt((uint)parts.Sum(p => p.Length)), .. parts.SelectMany(p => p)];

    /// <summary>A fixed header (2.1); false when it is not all there yet.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> from, out int headerBytes, out int bodyBytes)
    {
        (headerBytes, bodyBytes) = (1, 0);
        for (var shift = 0; headerBytes < from.Length; shift += 7)
        {
            var b = from[headerBytes++];
            bodyBytes |= (b & 0x7F) << shift;
            if (b < 0x80) return true;
        }
        return false;
    }

    public static ReadOnlySpan<byte> Read(ref ReadOnlySpan<byte> from, int bytes)
    {
        var read = from[..bytes];
        from = from[bytes..];
        return read;
    }

    public static int ReadU16(ref ReadOnlySpan<byte> from) => BinaryPrimitives.ReadUInt16BigEndian(Read(ref from, 2));

    public static ReadOnlySpan<byte> ReadBinary(ref ReadOnlySpan<byte> from) => Read(ref from, ReadU16(ref from));

    public static string ReadText(ref ReadOnlySpan<byte> from) => Encoding.UTF8.GetString(ReadBinary(ref from));

    public static uint ReadVarInt(ref ReadOnlySpan<byte> from)
    {
        uint value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = Read(ref from, 1)[0];
            value |= (uint)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
    }
}
