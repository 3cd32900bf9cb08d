using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Fleet.House_Tests.Running;
using MQTTnet;

namespace Fleet.House_Tests;

/// <summary>Peers that mean no good cost nothing but themselves: after each of them a terminal is served as before.</summary>
public sealed class HostileTests(HostileTests.Server server) : IClassFixture<HostileTests.Server>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("tcp", 0)]
    [InlineData("tcp", 5)]
    [InlineData("tls", 0)] // silent before the handshake
    [InlineData("tls", 3)]
    [InlineData("in tls", 5)]
    [InlineData("ws", 0)]
    [InlineData("ws", 5)]
    public async Task Who_does_not_finish_its_CONNECT_is_closed(string way, int bytes)
    {
        await using var stream = await OpenAsync(way);
        await stream.WriteAsync((way == "tls" ? (byte[])[0x16, 3, 1, 2, 0] : Connect("loris")).AsMemory(0, bytes), Stop);
        Assert.True(await EndsAsync(stream));
        await IsServedAsync();
    }

    [Fact]
    public async Task Who_pings_without_end_and_reads_nothing_is_not_read_and_then_gets_every_answer()
    {
        await using var stream = await OpenAsync("tcp");
        await stream.WriteAsync(Connect("pinger"), Stop);
        var accepted = new byte[4];
        await stream.ReadExactlyAsync(accepted, Stop);
        byte[] pings = [.. Enumerable.Repeat((byte[])[0xC0, 0], 32 * 1024).SelectMany(ping => ping)];
        var (sent, last) = (0L, Task.CompletedTask);
        while (last.IsCompleted) // until it is not read any more
        {
            await last;
            sent += pings.Length;
            Assert.True(sent < 64 << 20, "64 MiB of PINGREQs were taken from who reads nothing");
            last = stream.WriteAsync(pings, Stop).AsTask();
            await Task.WhenAny(last, Task.Delay(TimeSpan.FromSeconds(2), Stop));
        }
        await IsServedAsync();

        var (buffer, pongs) = (new byte[1 << 20], 0L);
        while (pongs < sent)
            pongs += await stream.ReadAsync(buffer, Stop).AsTask().WaitAsync(s_patience, Stop) is > 0 and var read ? read : throw new IOException($"closed after {pongs:N0} bytes of answers");
        await last;
        Assert.Equal(sent, pongs); // as many bytes as the pings
    }

    [Fact]
    public async Task A_flood_of_retained_wills_fills_what_retained_messages_may_hold_and_no_more()
    {
        for (var i = 0; i < 200; i++)
        {
            await using var stream = await OpenAsync("tcp");
            await stream.WriteAsync(Connect($"will-{i}", willTopic: $"flood/{i}", willBytes: 10_000), Stop);
            await stream.ReadExactlyAsync(new byte[4], Stop);
        } // each leaves without DISCONNECT
        await IsServedAsync();

        using var client = new MqttClientFactory().CreateMqttClient();
        var (bytes, topics) = (0L, new HashSet<string>());
        client.ApplicationMessageReceivedAsync += message =>
        {
            lock (topics)
                if (topics.Add(message.ApplicationMessage.Topic)) bytes += message.ApplicationMessage.Payload.Length;
            return Task.CompletedTask;
        };
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", server.Fleet.MqttPort).Build(), Stop);
        await client.SubscribeAsync("flood/#", cancellationToken: Stop);
        await Eventually.ReachAsync(() => { lock (topics) return Task.FromResult(bytes); }, held => held > Server.MaxRetainedBytes / 2, s_patience);
        await client.PingAsync(Stop);
        lock (topics) Assert.InRange(bytes, Server.MaxRetainedBytes / 2, Server.MaxRetainedBytes);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private async Task IsServedAsync()
    {
        await using var stream = await OpenAsync("tcp");
        await stream.WriteAsync(Connect("good"), Stop);
        var accepted = new byte[4];
        await stream.ReadExactlyAsync(accepted, Stop).AsTask().WaitAsync(s_patience, Stop);
        Assert.Equal([0x20, 2, 0, 0], accepted);
    }

    private async Task<Stream> OpenAsync(string way)
    {
        if (way == "ws")
        {
            var socket = new ClientWebSocket();
            socket.Options.AddSubProtocol("mqtt");
            await socket.ConnectAsync(new($"ws://127.0.0.1:{server.Fleet.HttpPort}/mqtt"), Stop);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }
        var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await tcp.ConnectAsync(IPAddress.Loopback, way == "tcp" ? server.Fleet.MqttPort : server.TlsPort, Stop);
        var stream = new NetworkStream(tcp, ownsSocket: true);
        if (way != "in tls") return stream;
        var tls = new SslStream(stream, leaveInnerStreamOpen: false, (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Stop);
        return tls;
    }

    /// <summary>Whether the server lets go of it before anything is given up.</summary>
    private static async Task<bool> EndsAsync(Stream stream)
    {
        try
        {
            var buffer = new byte[1024];
            while (await stream.ReadAsync(buffer, Stop).AsTask().WaitAsync(s_patience, Stop) > 0) { }
            return true;
        }
        catch (Exception reset) when (reset is IOException or WebSocketException) { return true; }
        catch (TimeoutException) { return false; }
    }

    private static byte[] Connect(string clientId, string? willTopic = null, int willBytes = 0)
    {
        byte[] body =
        [
            0, 4, .. "MQTT"u8, 4, (byte)(willTopic is null ? 2 : 0x26), 0, 60, .. Text(clientId),
            .. willTopic is null ? [] : (byte[])[.. Text(willTopic), (byte)(willBytes >> 8), (byte)willBytes, .. new byte[willBytes]],
        ];
        return body.Length < 128 ? [0x10, (byte)body.Length, .. body] : [0x10, (byte)(body.Length % 128 | 128), (byte)(body.Length / 128), .. body];
    }

    private static byte[] Text(string text) => [0, (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

    /// <summary>One server for all of them, that is soon impatient.</summary>
    public sealed class Server : IAsyncLifetime
    {
        internal const int MaxRetainedBytes = 1_000_000;

        internal FleetProcess Fleet { get; private set; } = null!;
        internal LocalCertificate Certificate { get; } = new();
        internal int TlsPort { get; } = FleetProcess.FreePort();

        public async ValueTask InitializeAsync() => Fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Mqtt:Topics=any", "--Influx:Api=none",
            "--Mqtt:ConnectTimeout=00:00:02", $"--Mqtt:MaxRetainedBytes={MaxRetainedBytes}",
            $"--Mqtt:Tls:Port={TlsPort}", $"--Mqtt:Tls:Certificate={Certificate.Path}", $"--Mqtt:Tls:Key={Certificate.KeyPath}");

        public async ValueTask DisposeAsync()
        {
            await Fleet.DisposeAsync();
            Certificate.Dispose();
        }
    }
}
