using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fleet.Ingest_Tests.Mqtt;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Bridge;

/// <summary>A broker for one client that sends what it is told to, without a window of its own, and notes each PUBACK.</summary>
internal sealed class StubBroker(MqttProtocolVersion version) : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private NetworkStream? _client;
    private ushort _last;
    private Task _serving = Task.CompletedTask;

    public ConcurrentQueue<int> Acknowledged { get; } = new();

    /// <summary>Topics of the messages that came.</summary>
    public ConcurrentQueue<string> Published { get; } = new();

    /// <summary>The answer to them; null for none, or none yet (<see cref="AnswerAsync"/>).</summary>
    public MqttPubAckReasonCode? Reason { get; set; } = MqttPubAckReasonCode.Success;

    /// <summary>Listens; its port.</summary>
    public int Start()
    {
        _listener.Start();
        _serving = Serve(_stop.Token);
        return ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    /// <summary>Reports of one terminal, their packet identifiers their numbers.</summary>
    public async Task SendAsync(string serial, int count)
    {
        for (var seq = 1; seq <= count; seq++)
            await _client!.WriteAsync(Wire.Publish($"fleet/v1/{serial}/report", $$"""{"seq":{{seq}}}""", (ushort)seq, version), _stop.Token);
    }

    public async Task SendAsync(string topic, string payload) => await _client!.WriteAsync(Wire.Publish(topic, payload, 1, version), _stop.Token);

    /// <summary>Answers the last message that came.</summary>
    public async Task AnswerAsync(MqttPubAckReasonCode reason) =>
        await _client!.WriteAsync(Wire.Bytes(new MqttPubAckPacket { PacketIdentifier = _last, ReasonCode = reason }, version), _stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ContinueWith(static _ => { }, TaskScheduler.Default);
        _client?.Dispose();
        _stop.Dispose();
    }

    private async Task Serve(CancellationToken stop)
    {
        using var connection = await _listener.AcceptTcpClientAsync(stop);
        _client = connection.GetStream();
        var (buffer, held) = (new byte[64 * 1024], 0);
        while (await _client.ReadAsync(buffer.AsMemory(held), stop) is > 0 and var read)
        {
            held += read;
            var used = 0;
            while (Ingest.Mqtt.Packets.Frame.TryRead(buffer.AsSpan(used, held - used), out var frame) && frame.TotalBytes <= held - used)
            {
                var body = buffer.AsMemory(used + frame.HeaderBytes, frame.TotalBytes - frame.HeaderBytes);
                used += frame.TotalBytes;
                if (Answer(frame.First, body.Span) is { } answer) await _client.WriteAsync(Wire.Bytes(answer, version), stop);
            }
            buffer.AsSpan(used, held - used).CopyTo(buffer);
            held -= used;
        }
    }

    private MqttPacket? Answer(byte first, ReadOnlySpan<byte> body)
    {
        switch (first >> 4)
        {
            case 1: return new MqttConnAckPacket { ReasonCode = MqttConnectReasonCode.Success, ReturnCode = MqttConnectReturnCode.ConnectionAccepted };
            case 3:
                var end = 2 + ((body[0] << 8) | body[1]);
                _last = (ushort)((body[end] << 8) | body[end + 1]);
                Published.Enqueue(System.Text.Encoding.UTF8.GetString(body[2..end]));
                return Reason is { } reason ? new MqttPubAckPacket { PacketIdentifier = _last, ReasonCode = reason } : null;
            case 8: return new MqttSubAckPacket { PacketIdentifier = (ushort)((body[0] << 8) | body[1]), ReasonCodes = [MqttSubscribeReasonCode.GrantedQoS1] };
            case 12: return new MqttPingRespPacket();
            case 4: Acknowledged.Enqueue((body[0] << 8) | body[1]); return null;
            default: return null;
        }
    }
}
