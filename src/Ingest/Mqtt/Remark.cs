using Fleet.Grains.Reports;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>What the answer to a message says: why it was not taken, or, without words, that nobody reads it.</summary>
internal readonly record struct Remark(MqttPubAckReasonCode Code, string? Why)
{
    public static Remark Of(Refusal refusal) => new(CodeOf(refusal), IngestMetrics.Name(refusal));

    private static MqttPubAckReasonCode CodeOf(Refusal refusal) => refusal switch
    {
        Refusal.UnknownTopic or Refusal.BadSerial => MqttPubAckReasonCode.TopicNameInvalid,
        Refusal.ForeignSerial => MqttPubAckReasonCode.NotAuthorized,
        Refusal.TooMany => MqttPubAckReasonCode.QuotaExceeded,
        Refusal.IdTaken => MqttPubAckReasonCode.ImplementationSpecificError, // 3.4.2.1: valid, and the receiver is not willing
        _ => MqttPubAckReasonCode.PayloadFormatInvalid,
    };
}
