using System.Globalization;
using System.Text;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

internal enum PacketType : byte
{
    Closed, Connect, ConnAck, Publish, PubAck, PubRec, PubRel, PubComp, Subscribe, SubAck, Unsubscribe, UnsubAck, PingReq, PingResp, Disconnect, Auth,
}

/// <summary>A packet that the server sent, or that it closed the connection. As text: what it says without its properties.</summary>
internal sealed class Packet
{
    public static readonly Packet Closed = new();

    private Packet() { }

    public Packet(byte first, ReadOnlySpan<byte> body, bool v5)
    {
        (Type, First, Bytes) = ((PacketType)(first >> 4), first, body.Length);
        switch (Type)
        {
            case PacketType.ConnAck:
                SessionPresent = Bits.Read(ref body, 1)[0] == 1;
                Reasons = [Bits.Read(ref body, 1)[0]];
                if (v5 && !body.IsEmpty) Properties = Props.Read(ref body); // a refused version is answered in 3.1.1's form
                break;
            case PacketType.Publish:
                Topic = Bits.ReadText(ref body);
                if (Qos > 0) Id = Bits.ReadU16(ref body);
                if (v5) Properties = Props.Read(ref body);
                Payload = body.ToArray();
                body = default;
                break;
            case PacketType.SubAck or PacketType.UnsubAck:
                Id = Bits.ReadU16(ref body);
                if (v5) Properties = Props.Read(ref body);
                Reasons = body.ToArray();
                body = default;
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                Id = Bits.ReadU16(ref body);
                ReadReason(ref body, v5);
                break;
            case PacketType.Disconnect or PacketType.Auth:
                ReadReason(ref body, v5);
                break;
        }
        Assert.True(body.IsEmpty, $"{body.Length} bytes are left of a {Type}");
    }

    public PacketType Type { get; }
    public byte First { get; }
    /// <summary>Of the body.</summary>
    public int Bytes { get; }
    public int Qos => (First >> 1) & 3;
    public bool Retain => (First & 1) != 0;
    public bool Dup => (First & 8) != 0;
    public bool SessionPresent { get; }
    public int Id { get; }
    public string Topic { get; } = "";
    public byte[] Payload { get; } = [];
    public string Text => Encoding.UTF8.GetString(Payload);
    public byte[] Reasons { get; private set; } = [0];
    public byte Reason => Reasons[0];
    public Props Properties { get; private set; } = [];

    /// <summary>E.g. <c>PUBLISH a/b 'x' qos1 retain dup</c>, <c>PUBACK 7 0x10</c>, <c>SUBACK 7 0x01 0x80</c>, <c>CONNACK 0x00 present</c>.</summary>
    public override string ToString() => Type switch
    {
        PacketType.Closed => "closed",
        PacketType.Publish => $"PUBLISH {Topic} '{Text}' qos{Qos}{(Retain ? " retain" : "")}{(Dup ? " dup" : "")}",
        PacketType.ConnAck => $"CONNACK {Codes}{(SessionPresent ? " present" : "")}",
        PacketType.PingResp => "PINGRESP",
        PacketType.Disconnect or PacketType.Auth => $"{Name} {Codes}",
        PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp when Reason == 0 => $"{Name} {Id}",
        PacketType.UnsubAck when Reasons.Length == 0 => $"{Name} {Id}",
        _ => $"{Name} {Id} {Codes}",
    };

    private string Name => Type.ToString().ToUpper(CultureInfo.InvariantCulture);
    private string Codes => string.Join(' ', Reasons.Select(r => $"0x{r:X2}"));

    private void ReadReason(ref ReadOnlySpan<byte> body, bool v5)
    {
        if (!v5 || body.IsEmpty) return;
        Reasons = [Bits.Read(ref body, 1)[0]];
        if (!body.IsEmpty) Properties = Props.Read(ref body);
    }
}
