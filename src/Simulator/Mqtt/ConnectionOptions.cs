using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Fleet.Simulator.Mqtt;

/// <summary>How a connection behaves.</summary>
/// <param name="Terminal">The serial of the one terminal it is: then it has a last will, says online, and takes commands.</param>
/// <param name="Window">Unacknowledged messages at once.</param>
/// <param name="Queue">Messages that wait, e.g. while the broker is away, before the sender does.</param>
public sealed record ConnectionOptions(string ClientId, string? Terminal = null, int Window = 10, int Queue = 1_000)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    internal MqttClientOptions For(Broker broker)
    {
        var options = new MqttClientOptionsBuilder()
            .WithTcpServer(broker.Host, broker.Port)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithClientId(ClientId)
            .WithCleanSession()
            .WithKeepAlivePeriod(TimeSpan.FromSeconds(60))
            .WithTimeout(s_patience);
        if (broker.User is not null) options = options.WithCredentials(broker.User, broker.Password);
        if (Terminal is not null)
        {
            options = options.WithWillTopic($"fleet/v1/{Terminal}/status").WithWillPayload("offline").WithWillRetain()
                .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        }
        return options.Build();
    }
}
