using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>A client that does what its test says and nothing by itself: bytes on a socket.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly int _version;
    private readonly Queue<Packet> _early = new();
    private byte[] _buffer = new byte[4096];
    private int _held, _lastId;

    private Peer(int version) => _version = version;

    private bool V5 => _version >= 5;

    public static async Task<Peer> OpenAsync(int port, int version)
    {
        var peer = new Peer(version);
        await peer._socket.ConnectAsync(IPAddress.Loopback, port);
        return peer;
    }

    public async Task SendAsync(params byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes.AsMemory(sent));
    }

    /// <summary>The next packet, or that the server closed.</summary>
    public async Task<Packet> NextAsync(TimeSpan? patience = null) => _early.TryDequeue(out var early) ? early
        : await ReadAsync(patience ?? s_patience) ?? throw new TimeoutException($"nothing came within {patience ?? s_patience}");

    public async Task ExpectAsync(string packet) => Assert.Equal(packet, (await NextAsync()).ToString());

    /// <summary>The next packet acknowledges so, well (0x10: nobody reads it).</summary>
    public async Task AnswersAsync(PacketType type, int id)
    {
        var answer = await NextAsync();
        Assert.True(answer.Type == type && answer.Id == id && answer.Reason is 0 or 0x10, $"{answer} came and no {type} {id}");
    }

    /// <summary>Closed, at 5.0 after a DISCONNECT with one of these reasons (4.13).</summary>
    public async Task RefusedAsync(params byte[] reasons)
    {
        var last = await NextAsync();
        if (V5)
        {
            Assert.Contains(last.ToString(), reasons.Select(r => $"DISCONNECT 0x{r:X2}"));
            last = await NextAsync();
        }
        Assert.Equal("closed", last.ToString());
    }

    /// <summary>Nothing is on its way.</summary>
    public async Task HearsNothingAsync() => Assert.Empty(await OnTheirWayAsync());

    /// <summary>What is on its way, up to what this client sends itself now.</summary>
    public async Task<List<string>> OnTheirWayAsync()
    {
        var (fence, id, before) = (Names.New("fence"), NextId(), new List<string>());
        await SendAsync(SubscribeBytes(id, null, (fence, 0)));
        await SendPublishAsync(fence, "");
        while ((await NextAsync()) is { Type: not PacketType.Closed } packet)
        {
            if (packet.Type == PacketType.SubAck && packet.Id == id) continue;
            if (packet.Topic == fence) return before;
            before.Add(packet.ToString());
        }
        return [.. before, "closed"];
    }

    /// <summary>Closed after a CONNECT, at 5.0 with or without a CONNACK that says why (3.1.4).</summary>
    public async Task ConnectRefusedAsync(params byte[] reasons)
    {
        var answer = await NextAsync();
        if (answer.Type == PacketType.ConnAck)
        {
            Assert.Contains(answer.Reason, reasons);
            Assert.False(answer.SessionPresent);
            answer = await NextAsync();
        }
        Assert.Equal("closed", answer.ToString());
    }

    /// <summary>Nothing comes for a while; where only the time can tell.</summary>
    public async Task HearsNothingForAsync(TimeSpan time)
    {
        Assert.Empty(_early);
        if (await ReadAsync(time) is { } packet) Assert.Fail($"{packet} came");
    }

    public Task<Packet> SubscribeAsync(string filter, int options = 0, Props? properties = null) => SubscribeAsync(properties, (filter, options));

    /// <summary>Sends a SUBSCRIBE and waits for its SUBACK; messages that come before it are kept for <see cref="NextAsync"/>.</summary>
    public async Task<Packet> SubscribeAsync(Props? properties, params (string Filter, int Options)[] filters)
    {
        var id = NextId();
        await SendAsync(SubscribeBytes(id, properties, filters));
        return await AwaitAsync(PacketType.SubAck, id);
    }

    public async Task<Packet> UnsubscribeAsync(params string[] filters)
    {
        var id = NextId();
        await SendAsync(Bits.Frame(0xA2, [Bits.U16(id), V5 ? [0] : [], .. filters.Select(Bits.Text)]));
        return await AwaitAsync(PacketType.UnsubAck, id);
    }

    /// <summary>Publishes and completes the exchange of its QoS; the answer is the first acknowledgement.</summary>
    public async Task<Packet?> PublishAsync(string topic, string payload, int qos = 0, bool retain = false, Props? properties = null)
    {
        var id = qos > 0 ? NextId() : 0;
        await SendPublishAsync(topic, payload, qos, id, retain, properties: properties);
        if (qos == 0) return null;
        if (qos == 1) return await AwaitAsync(PacketType.PubAck, id);
        var received = await AwaitAsync(PacketType.PubRec, id);
        if (received.Reason >= 0x80) return received;
        await SendAsync(Acknowledgement(PacketType.PubRel, id));
        await AwaitAsync(PacketType.PubComp, id);
        return received;
    }

    public Task SendPublishAsync(string topic, string payload, int qos = 0, int id = 0, bool retain = false, bool dup = false, Props? properties = null) =>
        SendAsync(Bits.Frame((byte)(0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)), Bits.Text(topic), qos > 0 ? Bits.U16(id) : [],
            V5 ? (properties ?? []).Bytes() : [], Encoding.UTF8.GetBytes(payload)));

    /// <summary>The next packet, which is a message; acknowledged as its QoS wants.</summary>
    public async Task<Packet> MessageAsync()
    {
        var message = await NextAsync();
        Assert.True(message.Type == PacketType.Publish, $"{message} came and no message");
        if (message.Qos == 1) await SendAsync(Acknowledgement(PacketType.PubAck, message.Id));
        if (message.Qos < 2) return message;
        await SendAsync(Acknowledgement(PacketType.PubRec, message.Id));
        await AwaitAsync(PacketType.PubRel, message.Id);
        await SendAsync(Acknowledgement(PacketType.PubComp, message.Id));
        return message;
    }

    /// <summary>So many messages as text, in their order.</summary>
    public async Task<List<string>> MessagesAsync(int count)
    {
        var messages = new List<string>();
        while (messages.Count < count) messages.Add((await MessageAsync()).ToString());
        return messages;
    }

    public static byte[] Acknowledgement(PacketType type, int id, byte reason = 0) =>
        Bits.Frame((byte)(((byte)type << 4) | (type == PacketType.PubRel ? 2 : 0)), Bits.U16(id), reason == 0 ? [] : [reason]);

    public Task AcknowledgeAsync(PacketType type, int id, byte reason = 0) => SendAsync(Acknowledgement(type, id, reason));

    /// <summary>Says DISCONNECT and waits for the server's close, so that it is known to have been taken.</summary>
    public async Task DisconnectAsync(byte reason = 0, Props? properties = null)
    {
        await SendAsync(properties is null && reason == 0 ? [0xE0, 0] : Bits.Frame(0xE0, [reason], (properties ?? []).Bytes()));
        while ((await NextAsync()).Type != PacketType.Closed) { }
        await DisposeAsync();
    }

    /// <summary>The line breaks.</summary>
    public void Break()
    {
        _socket.LingerState = new(enable: true, seconds: 0);
        _socket.Close();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    public int NextId() => ++_lastId;

    public byte[] SubscribeBytes(int id, Props? properties, params (string Filter, int Options)[] filters) =>
        Bits.Frame(0x82, [Bits.U16(id), V5 ? (properties ?? []).Bytes() : [], .. filters.Select(f => (byte[])[.. Bits.Text(f.Filter), (byte)f.Options])]);

    /// <summary>Waits for this acknowledgement; messages that come before it are kept for <see cref="NextAsync"/>.</summary>
    public async Task<Packet> AwaitAsync(PacketType type, int id)
    {
        while (true)
        {
            var packet = await ReadAsync(s_patience) ?? throw new TimeoutException($"no {type} came within {s_patience}");
            if (packet.Type == type && packet.Id == id) return packet;
            Assert.True(packet.Type == PacketType.Publish, $"{packet} came and no {type} {id}");
            _early.Enqueue(packet);
        }
    }

    /// <summary>Null when nothing came in time.</summary>
    private async Task<Packet?> ReadAsync(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            if (TryTake() is { } packet) return packet;
            if (_held == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            try
            {
                var read = await _socket.ReceiveAsync(_buffer.AsMemory(_held), deadline.Token);
                if (read == 0) return Packet.Closed;
                _held += read;
            }
            catch (SocketException) { return Packet.Closed; }
            catch (OperationCanceledException) { return null; }
        }
    }

    private Packet? TryTake()
    {
        if (!Bits.TryReadHeader(_buffer.AsSpan(0, _held), out var header, out var body) || header + body > _held) return null;
        var packet = new Packet(_buffer[0], _buffer.AsSpan(header, body), V5);
        _buffer.AsSpan((header + body).._held).CopyTo(_buffer);
        _held -= header + body;
        return packet;
    }
}
