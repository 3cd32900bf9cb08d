using System.Net;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>One MQTT 3.1.1 client that logs in as a terminal, may subscribe to its commands, and then says nothing more. Blocks.</summary>
internal sealed class QuietClient : IDisposable
{
    private const int KeepAliveSeconds = 3_600;
    private readonly Line _line;

    /// <summary>Connects, with TLS where <paramref name="tls"/>, up to a CONNACK that accepts.</summary>
    /// <param name="terminal">Who: its serial is user name and client identifier.</param>
    /// <param name="password">Null: without a user name.</param>
    /// <exception cref="IOException">The server refuses, or closes.</exception>
    public QuietClient(IPEndPoint server, int terminal, string? password, bool tls)
    {
        _line = Line.Open(server, Source(terminal), tls);
        try
        {
            _line.Send(Connect(ReportPacket.Serial(terminal), password));
            Span<byte> answer = stackalloc byte[4];
            _line.Receive(answer);
            if (answer[0] != 0x20 || answer[3] != 0) throw new IOException($"The server refused the connection: {Convert.ToHexString(answer)}.");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Subscribes at QoS 1 to the terminal's command topic (MQTT 3.1.1 section 3.8).</summary>
    public void Subscribe(int terminal)
    {
        var topic = $"fleet/v1/{ReportPacket.Serial(terminal)}/command";
        _line.Send([0x82, (byte)(5 + topic.Length), 0, 1, 0, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic), 1]);
        Span<byte> answer = stackalloc byte[5];
        _line.Receive(answer);
        if (answer[0] != 0x90 || answer[4] > 2) throw new IOException($"The server refused the subscription: {Convert.ToHexString(answer)}.");
    }

    public void Dispose() => _line.Dispose();

    /// <summary>Addresses of 127/8 in turn: a port range is not the limit, nor what a server allows one address.</summary>
    internal static IPAddress Source(int number) => new([127, 0, (byte)(number / 250 % 250), (byte)(1 + number % 250)]);

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
}
