using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Fleet.Ingest.Mqtt;

/// <summary>What Kestrel reads of a socket before we take it, and how soon a peer is known to be gone that never said so.</summary>
public static class TerminalSockets
{
    /// <summary>
    /// Kestrel's own 1 MiB would be 10 GiB while 10,000 senders wait for the journal. Bytes that were looked at and belong
    /// to a packet that is not whole do not count, so that larger packets pass.
    /// </summary>
    private const int ReadAheadBytes = 64 * 1024;

    /// <summary>A client of 3.1.1 need not have a keep-alive: after a minute of silence the kernel asks three times, every ten seconds.</summary>
    private const int IdleSeconds = 60, ProbeSeconds = 10, Probes = 3;

    public static void Configure(SocketTransportOptions sockets)
    {
        sockets.MaxReadBufferSize = ReadAheadBytes;
        sockets.CreateBoundListenSocket = endPoint =>
        {
            var listening = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            // The sockets that it accepts have them from it (Linux).
            listening.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            listening.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, IdleSeconds);
            listening.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeSeconds);
            listening.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
            return listening;
        };
    }
}
