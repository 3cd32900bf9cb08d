using System.Buffers;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>MQTTnet's formatters, one of each version a thread: connections that are quiet hold none.</summary>
internal static class Codec
{
    [ThreadStatic] private static MqttPacketFormatterAdapter? t_v310, t_v311, t_v5;

    /// <summary>Decodes a packet that <see cref="PacketRules"/> let pass; null where MQTTnet does not.</summary>
    public static MqttPacket? Decode(MqttProtocolVersion version, in Frame frame, ReadOnlySpan<byte> packet)
    {
        var received = new ReceivedMqttPacket(frame.First, new(packet[frame.HeaderBytes..].ToArray()), frame.TotalBytes);
        try { return Of(version).Decode(received); }
        catch (Exception e) when (e is not OutOfMemoryException) { return null; }
    }

    /// <summary>Encodes a packet; the bytes are good until the thread's next call.</summary>
    public static ReadOnlySpan<byte> Encode(MqttProtocolVersion version, MqttPacket packet)
    {
        var formatter = Of(version);
        formatter.Cleanup();
        return formatter.Encode(packet).Join();
    }

    /// <summary>A CONNACK with a Session Expiry Interval of 0: MQTTnet leaves it out, and then the client's own would hold (MQTT 5, 3.2.2.3.2).</summary>
    /// <param name="connAck">One of ours: its lengths have one byte each, and room for five more.</param>
    public static ReadOnlySpan<byte> WithNoExpiry(ReadOnlySpan<byte> connAck) =>
        (byte[])[connAck[0], (byte)(connAck[1] + 5), .. connAck[2..4], (byte)(connAck[4] + 5), 0x11, 0, 0, 0, 0, .. connAck[5..]];

    private static MqttPacketFormatterAdapter Of(MqttProtocolVersion version) => version switch
    {
        MqttProtocolVersion.V500 => t_v5 ??= Make(version),
        MqttProtocolVersion.V310 => t_v310 ??= Make(version),
        _ => t_v311 ??= Make(version),
    };

    private static MqttPacketFormatterAdapter Make(MqttProtocolVersion version) => new(version, new MqttBufferWriter(256, 64 * 1024));
}
