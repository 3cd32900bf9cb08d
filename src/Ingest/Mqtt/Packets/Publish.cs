using System.Buffers.Binary;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>A PUBLISH as the telemetry lane sees it, in the pipe's own bytes (MQTT 5, 3.3).</summary>
internal readonly ref struct Publish
{
    private const byte Plain = 0x30, AtLeastOnce = 0x02, Duplicate = 0x08;

    public ReadOnlySpan<byte> Topic { get; private init; }
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>0 at QoS 0.</summary>
    public ushort PacketId { get; private init; }

    /// <summary>
    /// Reads a plain PUBLISH: QoS 0 or 1, not retained, without properties. False for every other one, which is
    /// for <see cref="PacketRules"/> to judge.
    /// </summary>
    public static bool TryReadPlain(in Frame frame, ReadOnlySpan<byte> packet, bool hasProperties, out Publish publish)
    {
        publish = default;
        if (frame.First is not (Plain or (Plain | AtLeastOnce) or (Plain | AtLeastOnce | Duplicate))) return false;
        var body = packet[frame.HeaderBytes..];
        if (body.Length < 2) return false;
        var topicBytes = BinaryPrimitives.ReadUInt16BigEndian(body);
        var at = 2 + topicBytes;
        var payloadAt = at + (frame.Qos > 0 ? 2 : 0) + (hasProperties ? 1 : 0);
        if (body.Length < payloadAt) return false;
        if (hasProperties && body[payloadAt - 1] != 0) return false;
        var id = frame.Qos > 0 ? BinaryPrimitives.ReadUInt16BigEndian(body[at..]) : (ushort)0;
        if (frame.Qos > 0 && id == 0) return false;
        publish = new() { Topic = body[2..at], Payload = body[payloadAt..], PacketId = id };
        return true;
    }
}
