using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Fleet.Ingest.Mqtt;

/// <summary>Where the bytes of one connection leave. One at a time: the next bytes when those before are sent.</summary>
internal abstract class Outlet
{
    /// <summary>A plain TCP connection's is its socket; under TLS or in a WebSocket there is only the pipe.</summary>
    public static Outlet Of(ConnectionContext context) =>
        context.Features.Get<ITlsHandshakeFeature>() is null && context.Features.Get<IConnectionSocketFeature>() is { Socket: var socket }
            ? new SocketOutlet(socket)
            : new PipeOutlet(context.Transport.Output);

    /// <summary>Sends. Never blocks, never throws: false, now or later, means that the connection has gone.</summary>
    public abstract ValueTask<bool> Send(ReadOnlySpan<byte> bytes);

    private sealed class PipeOutlet(PipeWriter writer) : Outlet
    {
        public override ValueTask<bool> Send(ReadOnlySpan<byte> bytes)
        {
            try
            {
                writer.Write(bytes);
                var flush = writer.FlushAsync();
                return flush.IsCompletedSuccessfully ? new(IsOpen(flush.GetAwaiter().GetResult())) : Rest(flush);
            }
            catch (InvalidOperationException) { return new(false); } // completed by its reader
        }

        private static async ValueTask<bool> Rest(ValueTask<FlushResult> flush)
        {
            try { return IsOpen(await flush); }
            catch (Exception) { return false; } // whatever the transport says, the connection has gone
        }

        private static bool IsOpen(FlushResult result) => !result.IsCompleted && !result.IsCanceled;
    }

    /// <summary>
    /// Past the pipe: most of what leaves are acknowledgements of four bytes, and the way through Kestrel's pipe cost
    /// more than the kernel's (docs/decisions/2026-11-25-where-each-microsecond-goes.md). Kestrel still reads, and closes.
    /// </summary>
    private sealed class SocketOutlet : Outlet
    {
        private readonly Socket _socket;

        public SocketOutlet(Socket socket)
        {
            _socket = socket;
            try { socket.Blocking = false; }
            catch (Exception e) when (e is SocketException or ObjectDisposedException) { } // closed already: the first Send says so
        }

        public override ValueTask<bool> Send(ReadOnlySpan<byte> bytes)
        {
            try
            {
                var sent = _socket.Send(bytes, SocketFlags.None, out var error);
                if (error == SocketError.Success && sent == bytes.Length) return new(true);
                return error is SocketError.Success or SocketError.WouldBlock ? Rest(bytes[sent..].ToArray()) : new(false);
            }
            catch (ObjectDisposedException) { return new(false); }
        }

        private async ValueTask<bool> Rest(ReadOnlyMemory<byte> rest)
        {
            try
            {
                while (rest.Length > 0) rest = rest[await _socket.SendAsync(rest)..];
                return true;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException) { return false; }
        }
    }
}
