using System.Net;
using System.Net.Sockets;

namespace Fleet.Bench.Load;

/// <summary>A blocking TCP connection of a quiet client, plain.</summary>
internal class Line : IDisposable
{
    private const int PatienceMilliseconds = 60_000;

    protected Line(IPEndPoint server, IPAddress source)
    {
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = PatienceMilliseconds, SendTimeout = PatienceMilliseconds };
        Socket.Bind(new IPEndPoint(source, 0));
        Socket.Connect(server);
    }

    protected Socket Socket { get; }

    public static Line Open(IPEndPoint server, IPAddress source, bool tls) => tls ? new TlsLine(server, source) : new Line(server, source);

    public virtual void Send(ReadOnlySpan<byte> bytes) => Socket.Send(bytes);

    /// <summary>Fills the span.</summary>
    /// <exception cref="IOException">The server has closed.</exception>
    public void Receive(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var read = Read(bytes);
            if (read <= 0) throw new IOException("The server closed the connection.");
            bytes = bytes[read..];
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual int Read(Span<byte> bytes) => Socket.Receive(bytes);

    protected virtual void Dispose(bool disposing) => Socket.Dispose();
}
