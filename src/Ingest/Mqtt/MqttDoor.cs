using System.Net;
using Fleet.Ingest.Credentials;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Server;

namespace Fleet.Ingest.Mqtt;

/// <summary>Where Kestrel's connections (TCP, TLS, WebSocket) become MQTTnet's clients.</summary>
public sealed partial class MqttDoor : ConnectionHandler, IMqttServerAdapter
{
    private readonly MqttOptions _options;
    private readonly TelemetryLane _lane;
    private readonly Admission _admission;
    private readonly ILogger<MqttDoor> _logger;
    private int _connections;

    internal MqttDoor(MqttOptions options, TelemetryLane lane, Admission admission, ILogger<MqttDoor> logger) =>
        (_options, _lane, _admission, _logger) = (options, lane, admission, logger);

    /// <summary>Set by MQTTnet: serves one connection to its end.</summary>
    public Func<IMqttChannelAdapter, Task>? ClientHandler { get; set; }

    public Task StartAsync(MqttServerOptions options, IMqttNetLogger logger) => Task.CompletedTask;

    public Task StopAsync() => Task.CompletedTask;

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (ClientHandler is not { } serve) return;
        var address = Gate.HasPassed(connection) ? null : (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (address is not null && !_admission.TryEnter(address)) return;
        try
        {
            if (Interlocked.Increment(ref _connections) > _options.MaxConnections)
            {
                IngestMetrics.ConnectRefused("too-many-connections");
                LogFull(_options.MaxConnections);
                return;
            }
            IngestMetrics.Connections.Add(1);
            using var channel = new MqttChannel(connection, _lane, _options);
            // Kestrel stops before all others, and would wait for its connections until it gives up.
            using var leaving = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.Register(channel.Leave);
            try { await serve(channel); }
            finally { IngestMetrics.Connections.Add(-1); }
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
            if (address is not null) _admission.Leave(address);
        }
    }

    public void Dispose() { }

    [LoggerMessage(1801, LogLevel.Warning, "A connection is refused: Mqtt:MaxConnections ({Limit}) is reached")]
    private partial void LogFull(int limit);
}
