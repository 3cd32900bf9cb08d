using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>A packet that breaks the protocol; its connection is closed with the reason (MQTT 5, 4.13).</summary>
internal sealed class MalformedException(MqttDisconnectReasonCode reason, string message) : Exception(message)
{
    public MqttDisconnectReasonCode Reason => reason;
}
