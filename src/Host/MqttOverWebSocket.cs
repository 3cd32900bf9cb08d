using System.Net;
using Fleet.Ingest.Mqtt;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Host;

/// <summary>MQTT over WebSocket at <c>/mqtt</c>: in binary frames [MQTT-6.0.0-1], and not for the pages of other sites, whose scripts a browser would let in (RFC 6455, 10.2).</summary>
internal static class MqttOverWebSocket
{
    private const string Path = "/mqtt";

    public static void MapMqttOverWebSocket(this WebApplication app)
    {
        app.UseWhen(http => http.Request.Path == Path && IsOfAnotherSite(http.Request), others => others.Run(http =>
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }));
        app.UseWhen(http => http.Request.Path == Path, mqtt => mqtt.UseWebSockets().Use((http, next) =>
        {
            if (http.Features.Get<IHttpWebSocketFeature>() is { } sockets) http.Features.Set<IHttpWebSocketFeature>(new BinaryFrames(sockets));
            return next(http);
        }));
        var options = new HttpConnectionDispatcherOptions { Transports = HttpTransportType.WebSockets };
        options.WebSockets.SubProtocolSelector = offered => offered.Contains("mqtt") ? "mqtt" : null!;
        app.MapConnections(Path, options, connections => connections.Use(next => connection => next(Prepared(connection))).UseConnectionHandler<MqttDoor>());
    }

    /// <summary>Programs say none, or as Paho's own host with any scheme; a browser whose page asks.</summary>
    private static bool IsOfAnotherSite(HttpRequest request) =>
        request.Headers.Origin is { Count: > 0 } origin && !(Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.Authority == request.Host.Value);

    /// <summary>The framework's frames are text, and its end points empty, unless told otherwise.</summary>
    private static ConnectionContext Prepared(ConnectionContext connection)
    {
        if (connection.Features.Get<ITransferFormatFeature>() is { } format) format.ActiveFormat = TransferFormat.Binary;
        if (connection.GetHttpContext()?.Connection is { RemoteIpAddress: { } address } peer) connection.RemoteEndPoint = new IPEndPoint(address, peer.RemotePort);
        return connection;
    }
}
