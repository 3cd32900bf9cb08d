using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>One application message on its way to subscribers.</summary>
/// <param name="ExpiresAtMs">Unix ms; <see cref="long.MaxValue"/> for never (MQTT 5, 3.3.2.3.3).</param>
internal sealed record Message(string Topic, ReadOnlyMemory<byte> Payload, int Qos, bool Retain, long ExpiresAtMs = long.MaxValue)
{
    /// <summary>What MQTT 5 carries beside the payload, unaltered (3.3.2.3): null where there is none.</summary>
    public MqttPublishPacket? Properties { get; init; }

    /// <summary>Who wants to know what becomes of it; null for nobody.</summary>
    public IReceipt? Receipt { get; init; }

    public static Message Of(MqttPublishPacket packet, string topic, long nowMs) => new(
        topic, packet.Payload.IsSingleSegment ? packet.Payload.First : System.Buffers.BuffersExtensions.ToArray(packet.Payload), (int)packet.QualityOfServiceLevel, packet.Retain,
        packet.MessageExpiryInterval > 0 ? nowMs + packet.MessageExpiryInterval * 1000L : long.MaxValue) { Properties = packet };

    /// <summary>The last will of a CONNECT (MQTT 5, 3.1.3.2).</summary>
    public static Message WillOf(MqttConnectPacket connect, long nowMs) => new(
        connect.WillTopic, connect.WillMessage ?? [], (int)connect.WillQoS, connect.WillRetain,
        connect.WillMessageExpiryInterval > 0 ? nowMs + connect.WillMessageExpiryInterval * 1000L : long.MaxValue)
    {
        Properties = new()
        {
            PayloadFormatIndicator = connect.WillPayloadFormatIndicator, ContentType = connect.WillContentType, ResponseTopic = connect.WillResponseTopic,
            CorrelationData = connect.WillCorrelationData, UserProperties = connect.WillUserProperties,
        },
    };

    /// <summary>The message as one subscriber gets it.</summary>
    public MqttPublishPacket Packet(ushort id, int qos, bool retain, bool duplicate, List<uint>? subscriptionIds, long nowMs) => new()
    {
        Topic = Topic, Payload = new(Payload), PacketIdentifier = id, QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos, Retain = retain, Dup = duplicate,
        MessageExpiryInterval = ExpiresAtMs == long.MaxValue ? 0 : (uint)Math.Max(1, (ExpiresAtMs - nowMs + 999) / 1000), // [MQTT-3.3.2-6]
        SubscriptionIdentifiers = subscriptionIds, PayloadFormatIndicator = Properties?.PayloadFormatIndicator ?? default, ContentType = Properties?.ContentType,
        ResponseTopic = Properties?.ResponseTopic, CorrelationData = Properties?.CorrelationData, UserProperties = Properties?.UserProperties,
    };
}

/// <summary>Hears what becomes of a message at the client that it is for. Called under its session's lock: be brief.</summary>
internal interface IReceipt
{
    /// <summary>Whether a subscription is the addressee's own: it gets the message only while it is connected, the others get a copy then.</summary>
    bool IsFor(Subscription subscription);

    /// <summary>A session has it now, and keeps it over reconnects.</summary>
    void Taken();

    /// <param name="isFailure">The client says that it will not have it, or cannot.</param>
    void Acknowledged(bool isFailure);

    /// <summary>The session lets go of it.</summary>
    void Dropped();
}

/// <summary>What a subscription asked for (MQTT 5, 3.8.3.1).</summary>
/// <param name="Filter">As the client wrote it, <c>$share</c> included.</param>
/// <param name="Id">The subscription identifier; 0 for none.</param>
internal sealed record Subscription(Session Session, string Filter, int Qos, bool NoLocal, bool RetainAsPublished, uint Id);
