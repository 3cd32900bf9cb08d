using Fleet.Ingest.Credentials;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>Where Kestrel's connections (TCP, TLS, WebSocket) become MQTT's.</summary>
public sealed class MqttDoor : ConnectionHandler
{
    /// <summary>How long a peer that is let go may take to read what was sent to it.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(3);

    private readonly MqttOptions _options;
    private readonly Broker _broker;
    private readonly Admission _admission;
    private readonly TelemetryLane _lane;
    private readonly TimeProvider _time;

    internal MqttDoor(MqttOptions options, Broker broker, Admission admission, TelemetryLane lane, TimeProvider time) =>
        (_options, _broker, _admission, _lane, _time) = (options, broker, admission, lane, time);

    public override Task OnConnectedAsync(ConnectionContext connection) => Gate.PassAsync(connection, _admission, ServeAsync);

    private async Task ServeAsync(ConnectionContext connection)
    {
        var serving = new Connection(connection, _broker, _lane, _options, _time);
        _broker.Opened(serving);
        IngestMetrics.Connections.Add(1);
        // Kestrel stops before all others, and would wait for its connections until it gives up.
        using var leaving = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            .Register(() => serving.Close(MqttDisconnectReasonCode.ServerShuttingDown));
        try { await serving.RunAsync(); }
        finally
        {
            IngestMetrics.Connections.Add(-1);
            _broker.Closed(serving);
            if (!connection.ConnectionClosed.IsCancellationRequested) _ = AbortLater(connection);
        }
    }

    /// <summary>Kestrel would wait for as long as the peer leaves its last bytes unread.</summary>
    private async Task AbortLater(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = connection.ConnectionClosed.Register(() => closed.TrySetResult());
        await closed.Task.WaitAsync(s_farewell, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!closed.Task.IsCompleted) connection.Abort();
    }
}
