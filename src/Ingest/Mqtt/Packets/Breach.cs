using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>How a packet breaks the protocol; its connection is closed with the reason (MQTT 5, 4.13). A result: whoever sends it chooses how often.</summary>
internal readonly record struct Breach(MqttDisconnectReasonCode Reason, string What);
