using Microsoft.Extensions.Logging;
using MQTTnet.Diagnostics.Logger;

namespace Fleet.Ingest.Mqtt;

/// <summary>MQTTnet's warnings and errors into our log; its lower levels speak of every packet. What a peer did wrong is worth a debug line, not an alarm.</summary>
internal sealed partial class MqttNetLog(ILogger logger) : IMqttNetLogger
{
    public bool IsEnabled => logger.IsEnabled(LogLevel.Debug);

    public void Publish(MqttNetLogLevel logLevel, string source, string message, object[]? parameters, Exception? exception)
    {
        if (logLevel < MqttNetLogLevel.Warning) return;
        var text = parameters is { Length: > 0 } ? string.Format(null, message, parameters) : message;
        LogMqttNet(exception, source, text);
    }

    [LoggerMessage(1701, LogLevel.Debug, "{Source}: {Text}")]
    private partial void LogMqttNet(Exception? e, string source, string text);
}
