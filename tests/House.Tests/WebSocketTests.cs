using System.Net.WebSockets;
using Fleet.House_Tests.Running;

namespace Fleet.House_Tests;

/// <summary>MQTT over WebSocket (MQTT 5 and 3.1.1, 6): binary frames whose ends mean nothing, and no page of another site's.</summary>
public sealed class WebSocketTests(StrangerClientTests.Server server) : IClassFixture<StrangerClientTests.Server>
{
    private static readonly byte[] s_connect = [0x10, 14, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 2, (byte)'w', (byte)'s'];
    private static readonly byte[] s_accepted = [0x20, 2, 0, 0];
    private static readonly byte[] s_ping = [0xC0, 0];
    private static readonly byte[] s_pong = [0xD0, 0];

    [Fact]
    public async Task The_subprotocol_is_mqtt() // [MQTT-6.0.0-3], [MQTT-6.0.0-4]
    {
        using var socket = await OpenAsync();
        Assert.Equal("mqtt", socket.SubProtocol);
    }

    [Fact]
    public async Task Packets_may_be_cut_over_frames_and_share_one() // [MQTT-6.0.0-2]
    {
        using var socket = await OpenAsync();
        foreach (var b in s_connect) await socket.SendAsync(new ArraySegment<byte>([b]), WebSocketMessageType.Binary, endOfMessage: true, Stop);
        Assert.Equal(s_accepted, await ReadAsync(socket, s_accepted.Length));
        byte[] twoAndAHalf = [.. s_ping, .. s_ping, s_ping[0]];
        await socket.SendAsync(twoAndAHalf, WebSocketMessageType.Binary, endOfMessage: false, Stop);
        await socket.SendAsync(s_ping.AsMemory(1), WebSocketMessageType.Binary, endOfMessage: true, Stop);
        byte[] threePongs = [.. s_pong, .. s_pong, .. s_pong];
        Assert.Equal(threePongs, await ReadAsync(socket, 6));
    }

    [Fact]
    public async Task A_frame_of_text_ends_the_connection() // [MQTT-6.0.0-1]
    {
        using var socket = await OpenAsync();
        await socket.SendAsync(s_connect, WebSocketMessageType.Text, endOfMessage: true, Stop);
        Assert.Empty(await ReadAsync(socket, s_accepted.Length));
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, socket.CloseStatus);
    }

    [Fact]
    public async Task Who_offers_other_protocols_gets_none_of_them()
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new($"ws://127.0.0.1:{server.Fleet.HttpPort}/mqtt"), Stop);
        Assert.Null(socket.SubProtocol);
    }

    [Fact]
    public async Task A_packet_that_is_too_large_ends_the_connection_however_it_is_framed()
    {
        using var socket = await OpenAsync();
        await socket.SendAsync(s_connect, WebSocketMessageType.Binary, endOfMessage: true, Stop);
        Assert.Equal(s_accepted, await ReadAsync(socket, s_accepted.Length));
        byte[] tooLarge = [0x30, 0x80, 0x80, 0x80, 1, 0, 1, (byte)'t']; // says 2 MiB
        await socket.SendAsync(tooLarge, WebSocketMessageType.Binary, endOfMessage: false, Stop);
        Assert.Empty(await ReadAsync(socket, 1));
    }

    [Theory]
    [InlineData("http://evil.example", false)]
    [InlineData("https://127.0.0.1.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("http://127.0.0.1:1", false)]
    [InlineData("own", true)]
    [InlineData(null, true)] // no browser
    public async Task A_page_of_another_site_does_not_get_in(string? origin, bool isLetIn)
    {
        if (origin == "own") origin = $"http://127.0.0.1:{server.Fleet.HttpPort}";
        if (isLetIn) (await OpenAsync(origin)).Dispose();
        else Assert.Contains("403", (await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(origin))).Message, StringComparison.Ordinal);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private async Task<ClientWebSocket> OpenAsync(string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await socket.ConnectAsync(new($"ws://127.0.0.1:{server.Fleet.HttpPort}/mqtt"), Stop);
        return socket;
    }

    /// <summary>So many bytes, or fewer where the server closes.</summary>
    private static async Task<byte[]> ReadAsync(ClientWebSocket socket, int bytes)
    {
        var (buffer, read) = (new byte[bytes], 0);
        try
        {
            while (read < bytes)
            {
                var frame = await socket.ReceiveAsync(buffer.AsMemory(read), Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Stop);
                if (frame.MessageType == WebSocketMessageType.Close) break;
                Assert.Equal(WebSocketMessageType.Binary, frame.MessageType);
                read += frame.Count;
            }
        }
        catch (WebSocketException) { } // closed without the handshake
        return buffer[..read];
    }
}
