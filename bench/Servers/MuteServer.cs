using System.Net;
using System.Net.Sockets;

namespace Fleet.Bench.Servers;

/// <summary>A server that stands still: it takes every connection, and neither reads nor answers.</summary>
internal sealed class MuteServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _taken = [];

    public MuteServer()
    {
        _listener.Start();
        _ = TakeAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>How many connections it took.</summary>
    public int Taken { get { lock (_taken) return _taken.Count; } }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_taken) _taken.ForEach(socket => socket.Dispose());
    }

    private async Task TakeAsync()
    {
        try
        {
            while (await _listener.AcceptSocketAsync() is { } socket)
                lock (_taken) _taken.Add(socket);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException) { }
    }
}
