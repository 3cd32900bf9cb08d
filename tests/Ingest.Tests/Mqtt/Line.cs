using System.IO.Pipelines;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;
using Fleet.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>One connection over pipes in memory, with sessions of its own behind it.</summary>
internal sealed class Line
{
    private readonly Pipe _down;
    private readonly MemoryStream _received = new();

    public Line(Ingest.Journal.Journal journal, Database database, PipeReader input, MqttOptions? options = null, int? downBytes = null, TimeProvider? time = null)
    {
        _down = new(new PipeOptions(pauseWriterThreshold: downBytes ?? 0, resumeWriterThreshold: (downBytes ?? 0) / 2));
        (options, time) = (options ?? new(), time ?? TimeProvider.System);
        var subscriptions = new Subscriptions();
        Watchers = new();
        var sessions = new SessionTable(options, subscriptions, Watchers, time);
        var router = new Router(subscriptions, new(options.MaxRetainedBytes, time));
        var commands = new CommandDesk(new(database), router, new Bridges(new(), options, new(), null!, database, time, NullLogger<Bridges>.Instance), time, NullLogger<CommandDesk>.Instance);
        var broker = new Broker(options, () => journal, Admission(options, database, time), sessions, router, Watchers, commands, new(commands, options, time, NullLogger<ToolCommands>.Instance), time, null!, NullLogger<Broker>.Instance);
        var context = new DefaultConnectionContext { Transport = new Duplex(input, _down.Writer) };
        Connection = new(context, broker, new(() => journal, Watchers, time), options, time);
    }

    internal static Admission Admission(MqttOptions options, Database database, TimeProvider time) => new(
        options, new(options, time, new(time), NullLogger<Tls>.Instance), new(database, time), new(new FakeFindings(), time), new(options, time), new(time), new(time), time,
        NullLogger<Admission>.Instance);

    public Connection Connection { get; }
    public TelemetryWatchers Watchers { get; }

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

    /// <summary>The packets of one type, in their order.</summary>
    public List<byte[]> Packets(byte first) => [.. Wire.Packets(Received()).Where(p => p.First == first).Select(p => p.Body)];

    internal sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
