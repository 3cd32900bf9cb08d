using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>One MQTT 3.1.1 client that logs in as a terminal, may subscribe to its commands, and then says nothing more.</summary>
internal sealed class QuietClient : IDisposable
{
    private const int KeepAliveSeconds = 3_600;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream? _stream;

    private QuietClient() { }

    /// <summary>Connects, with TLS where <paramref name="tls"/>, up to a CONNACK that accepts.</summary>
    /// <param name="terminal">Who: its serial is user name and client identifier.</param>
    /// <param name="password">Null: without a user name.</param>
    /// <exception cref="IOException">The server refuses, or closes.</exception>
    public static async Task<QuietClient> ConnectAsync(IPEndPoint server, int terminal, string? password, bool tls, CancellationToken stop)
    {
        var client = new QuietClient();
        try
        {
            client._socket.Bind(new IPEndPoint(Source(terminal), 0));
            await client._socket.ConnectAsync(server, stop);
            client._stream = new NetworkStream(client._socket, ownsSocket: true);
            if (tls) client._stream = await SecureAsync(client._stream, stop);
            await client._stream.WriteAsync(Connect(ReportPacket.Serial(terminal), password), stop);
            var answer = await client.ReadAsync(4, stop);
            if (answer[0] != 0x20 || answer[3] != 0) throw new IOException($"The server refused the connection: {Convert.ToHexString(answer)}.");
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Subscribes at QoS 1 to the terminal's command topic (MQTT 3.1.1 section 3.8).</summary>
    public async Task SubscribeAsync(int terminal, CancellationToken stop)
    {
        var topic = $"fleet/v1/{ReportPacket.Serial(terminal)}/command";
        await _stream!.WriteAsync((byte[])[0x82, (byte)(5 + topic.Length), 0, 1, 0, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic), 1], stop);
        var answer = await ReadAsync(5, stop);
        if (answer[0] != 0x90 || answer[4] > 2) throw new IOException($"The server refused the subscription: {Convert.ToHexString(answer)}.");
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    /// <summary>Addresses of 127/8 in turn: a port range is not the limit, nor what a server allows one address.</summary>
    internal static IPAddress Source(int number) => new([127, 0, (byte)(number / 250 % 250), (byte)(1 + number % 250)]);

    private static async Task<Stream> SecureAsync(Stream plain, CancellationToken stop)
    {
        var secure = new SslStream(plain, leaveInnerStreamOpen: false);
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            AllowTlsResume = false, // whole handshakes, as after an outage
#pragma warning disable CA5359 // the bench's own certificate, on loopback
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        }, stop);
        return secure;
    }

    /// <summary>CONNECT with clean session (MQTT 3.1.1 section 3.1).</summary>
    private static byte[] Connect(string serial, string? password)
    {
        byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
        byte[] body =
        [
            0, 4, .. "MQTT"u8, 4, (byte)(password is null ? 0x02 : 0xC2), KeepAliveSeconds >> 8, KeepAliveSeconds & 0xFF, .. Text(serial),
            .. password is null ? [] : (byte[])[.. Text(serial), .. Text(password)],
        ];
        return [0x10, (byte)body.Length, .. body];
    }

    private async Task<byte[]> ReadAsync(int length, CancellationToken stop)
    {
        var packet = new byte[length];
        await _stream!.ReadExactlyAsync(packet, stop);
        return packet;
    }
}
