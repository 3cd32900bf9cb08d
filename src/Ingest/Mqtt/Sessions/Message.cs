using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>One application message on its way to subscribers.</summary>
/// <param name="ExpiresAtMs">Unix ms; <see cref="long.MaxValue"/> for never (MQTT 5, 3.3.2.3.3).</param>
internal sealed record Message(string Topic, ReadOnlyMemory<byte> Payload, int Qos, bool Retain, long ExpiresAtMs = long.MaxValue)
{
    /// <summary>What MQTT 5 carries beside the payload, unaltered (3.3.2.3): null where there is none.</summary>
    public MessageProperties? Properties { get; init; }

    /// <summary>What it holds in memory, about.</summary>
    public int Bytes => 2 * Topic.Length + Payload.Length + (Properties?.Bytes ?? 0);

    /// <summary>Who wants to know what becomes of it; null for nobody.</summary>
    public IReceipt? Receipt { get; init; }

    public static Message Of(MqttPublishPacket packet, string topic, long nowMs) => new(
        topic, packet.Payload.IsSingleSegment ? packet.Payload.First : System.Buffers.BuffersExtensions.ToArray(packet.Payload), (int)packet.QualityOfServiceLevel, packet.Retain,
        ExpiryOf(packet.MessageExpiryInterval, nowMs))
    {
        Properties = MessageProperties.Of(packet.PayloadFormatIndicator, packet.ContentType, packet.ResponseTopic, packet.CorrelationData, packet.UserProperties),
    };

    /// <summary>When a message that is published now expires.</summary>
    /// <param name="seconds">0 for never.</param>
    public static long ExpiryOf(uint seconds, long nowMs) => seconds > 0 ? nowMs + seconds * 1000L : long.MaxValue;

    /// <summary>The last will of a CONNECT (MQTT 5, 3.1.3.2), whose expiry begins when it is published.</summary>
    public static Message WillOf(MqttConnectPacket connect) => new(connect.WillTopic, connect.WillMessage ?? [], (int)connect.WillQoS, connect.WillRetain)
    {
        Properties = MessageProperties.Of(
            connect.WillPayloadFormatIndicator, connect.WillContentType, connect.WillResponseTopic, connect.WillCorrelationData, connect.WillUserProperties),
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

/// <summary>What MQTT 5 carries beside a payload and is forwarded (3.3.2.3), and nothing of the packet that it came in.</summary>
internal sealed class MessageProperties
{
    /// <summary>What a user property holds in memory beside its text, about; it takes five bytes of a packet.</summary>
    private const int UserPropertyBytes = 120;

    private int _bytes;

    public MqttPayloadFormatIndicator PayloadFormatIndicator { get; init; }
    public string? ContentType { get; init; }
    public string? ResponseTopic { get; init; }
    public byte[]? CorrelationData { get; init; }
    public List<MqttUserProperty>? UserProperties { get; init; }

    /// <summary>What they hold in memory, about.</summary>
    public int Bytes => _bytes > 0 ? _bytes : _bytes = 100 + 2 * ((ContentType?.Length ?? 0) + (ResponseTopic?.Length ?? 0)) + (CorrelationData?.Length ?? 0)
        + (UserProperties?.Sum(p => UserPropertyBytes + 2 * p.Name.Length + p.ValueBuffer.Length) ?? 0);

    /// <returns>Null where there are none.</returns>
    public static MessageProperties? Of(MqttPayloadFormatIndicator format, string? contentType, string? responseTopic, byte[]? correlationData, List<MqttUserProperty>? user)
    {
        if (format == default && contentType is null && responseTopic is null && correlationData is null && user is not { Count: > 0 }) return null;
        return new()
        {
            PayloadFormatIndicator = format, ContentType = contentType, ResponseTopic = responseTopic, CorrelationData = correlationData,
            // MQTTnet's values are pieces of the packet's body.
            UserProperties = user?.ConvertAll(p => new MqttUserProperty(p.Name, new ReadOnlyMemory<byte>(p.ValueBuffer.ToArray()))),
        };
    }
}

/// <summary>Hears what becomes of a message at the client that it is for. Called under its session's lock: be brief.</summary>
internal interface IReceipt
{
    /// <summary>Whether a subscription is the addressee's own: it gets the message only while it is connected, the others get a copy then.</summary>
    bool IsFor(Subscription subscription);

    /// <summary>Nobody waits for it any more: what has not left for the client does not leave, nor again.</summary>
    bool IsVoid { get; }

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
