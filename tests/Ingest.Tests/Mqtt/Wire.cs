using System.Text;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>Packets as MQTTnet itself writes them; the terminal is T1, its password "secret".</summary>
internal static class Wire
{
    public static byte[] Bytes(MqttPacket packet, MqttProtocolVersion version)
    {
        var formatter = new MqttPacketFormatterAdapter(version, new MqttBufferWriter(256, 64 * 1024));
        return formatter.Encode(packet).Join().ToArray();
    }

    public static byte[] Connect(MqttProtocolVersion version, ushort keepAliveSeconds = 0) =>
        Bytes(new MqttConnectPacket { ClientId = "c", Username = "T1", Password = "secret"u8.ToArray(), CleanSession = true, KeepAlivePeriod = keepAliveSeconds, RequestProblemInformation = true }, version);

    public static byte[] Publish(string topic, string payload, ushort id, MqttProtocolVersion version) => Bytes(new MqttPublishPacket
    {
        Topic = topic, Payload = new(Encoding.UTF8.GetBytes(payload)), PacketIdentifier = id,
        QualityOfServiceLevel = id == 0 ? MqttQualityOfServiceLevel.AtMostOnce : MqttQualityOfServiceLevel.AtLeastOnce,
    }, version);

    /// <summary>Takes packets apart: first byte and body.</summary>
    public static List<(byte First, byte[] Body)> Packets(ReadOnlySpan<byte> bytes)
    {
        var packets = new List<(byte, byte[])>();
        while (Ingest.Mqtt.Packets.Frame.TryRead(bytes, out var frame) && frame.TotalBytes <= bytes.Length)
        {
            packets.Add((frame.First, bytes[frame.HeaderBytes..frame.TotalBytes].ToArray()));
            bytes = bytes[frame.TotalBytes..];
        }
        return packets;
    }
}
