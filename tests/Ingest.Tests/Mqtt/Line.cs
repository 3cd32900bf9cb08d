using System.IO.Pipelines;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Microsoft.AspNetCore.Connections;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>One connection of terminal T1 over pipes in memory, with the part of MQTTnet played in a few lines.</summary>
internal sealed class Line
{
    private readonly Pipe _down;
    private readonly MemoryStream _received = new();

    public Line(Ingest.Journal.Journal journal, PipeReader input, MqttOptions? options = null, int? downBytes = null, Access? access = null)
    {
        _down = new(new PipeOptions(pauseWriterThreshold: downBytes ?? 0, resumeWriterThreshold: (downBytes ?? 0) / 2));
        var connection = new DefaultConnectionContext { Transport = new Duplex(input, _down.Writer) };
        Watchers = new();
        Channel = new(connection, new(() => journal, Watchers, TimeProvider.System), options ?? new());
        Access = access ?? new("T1");
    }

    public MqttChannel Channel { get; }
    public TelemetryWatchers Watchers { get; }
    public Access Access { get; }

    /// <summary>Packets that went the long way, CONNECT left out.</summary>
    public List<MqttPacket> LongWay { get; } = [];

    /// <summary>Serves as MQTTnet does, one packet after the other, until the peer leaves.</summary>
    public async Task ServeAsync(Func<MqttPublishPacket, Task>? longWay = null)
    {
        while (await Channel.ReceivePacketAsync(default) is { } packet)
        {
            if (packet is MqttConnectPacket)
            {
                await AcceptAsync();
                continue;
            }
            if (packet is MqttPubAckPacket { PacketIdentifier: 0 }) continue; // the sign of life
            LongWay.Add(packet);
            if (packet is not MqttPublishPacket { QualityOfServiceLevel: MqttQualityOfServiceLevel.AtLeastOnce } publish) continue;
            if (longWay is not null) await longWay(publish);
            await AcknowledgeAsync(publish.PacketIdentifier);
        }
    }

    public Task AcceptAsync()
    {
        Channel.Access = Access;
        return Channel.SendPacketAsync(new MqttConnAckPacket(), default);
    }

    public Task AcknowledgeAsync(ushort id) =>
        Channel.SendPacketAsync(new MqttPubAckPacket { PacketIdentifier = id, ReasonCode = MqttPubAckReasonCode.NotAuthorized, ReasonString = "foreign-serial" }, default);

    /// <summary>What has come down by now.</summary>
    public byte[] Received()
    {
        while (_down.Reader.TryRead(out var read))
        {
            foreach (var memory in read.Buffer) _received.Write(memory.Span);
            _down.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
        }
        return _received.ToArray();
    }

    /// <summary>The packet identifiers of the PUBACKs, in their order.</summary>
    public List<int> PubAcks() => [.. Wire.Packets(Received()).Where(p => p.First == 0x40).Select(p => (p.Body[0] << 8) | p.Body[1])];

    public async Task<List<int>> PubAcksAsync(int count)
    {
        await Some.Until(() => PubAcks().Count >= count, $"{count} PUBACKs");
        return PubAcks();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
