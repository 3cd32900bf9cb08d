using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Host;

/// <summary>WebSockets that a frame of text ends with 1003 [MQTT-6.0.0-1]: the framework's connections take its bytes for any others.</summary>
internal sealed class BinaryFrames(IHttpWebSocketFeature feature) : IHttpWebSocketFeature
{
    public bool IsWebSocketRequest => feature.IsWebSocketRequest;

    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) => new BinarySocket(await feature.AcceptAsync(context));

    private sealed class BinarySocket(WebSocket socket) : WebSocket
    {
        public override WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

        public override string? CloseStatusDescription => socket.CloseStatusDescription;

        public override WebSocketState State => socket.State;

        public override string? SubProtocol => socket.SubProtocol;

        public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var received = await socket.ReceiveAsync(buffer, cancellationToken);
            if (received.MessageType != WebSocketMessageType.Text) return received;
            await socket.CloseOutputAsync(WebSocketCloseStatus.InvalidMessageType, "MQTT is binary", cancellationToken);
            return new(0, WebSocketMessageType.Close, endOfMessage: true);
        }

        public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
            socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

        public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
            socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
            socket.CloseAsync(closeStatus, statusDescription, cancellationToken);

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
            socket.CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

        public override void Abort() => socket.Abort();

        public override void Dispose() => socket.Dispose();
    }
}
