using System.Collections.Concurrent;
using Fleet.Grains.Presence;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Pump;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Bridge;

/// <summary>
/// The bridge: this node as a client of other brokers, whose terminals report there. Each node has a session of its own
/// at each broker; a shared subscription deals the messages out among them. Where a node dies, the one that adopts its
/// journal takes what waits in its sessions, too: the brokers keep it for nobody else.
/// </summary>
public sealed partial class Bridges : IHostedService, IListening, IDisposable
{
    private readonly BridgeOptions _options;
    private readonly MqttOptions _mqtt;
    private readonly NodeOptions _self;
    private readonly JournalNode _node;
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<Bridges> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, Task> _running = new();
    private readonly Earshot _earshot;
    private List<BridgeLink> _links = [];

    /// <param name="database">The journals'.</param>
    public Bridges(BridgeOptions options, MqttOptions mqtt, NodeOptions self, JournalNode node, Database database, TimeProvider time, ILogger<Bridges> logger) =>
        (_options, _mqtt, _self, _node, _database, _time, _logger, _earshot) = (options, mqtt, self, node, database, time, logger, new(time));

    /// <summary>How each broker stands.</summary>
    public IReadOnlyList<BridgeState> States => [.. _links.Select(link => link.State)];

    /// <summary>Whether there is a broker to publish at.</summary>
    public bool IsUp => _links.Exists(link => link.Session is not null);

    /// <summary>A terminal has spoken at a bridged broker: its serial, and what it said. Called on the way into the journal: be brief.</summary>
    internal event Action<string, EntryKind>? Heard;

    long? IListening.SinceMs(string serial, long heardAtMs) => _earshot.SinceMs(serial, heardAtMs);

    /// <summary>Opens nothing itself: a broker that is away keeps nobody from starting.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _node.Adopted += TakeOver;
        _links = [.. _options.Brokers.Select(broker => Start(broker, _self.Node, subscribe: true, () => Task.FromResult(false)))];
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _node.Adopted -= TakeOver;
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values).WaitAsync(cancellationToken);
    }

    /// <summary>Publishes a command at QoS 1 at every broker that is connected, for nobody knows where the terminal is; true when one of them has it and somebody for it.</summary>
    public async Task<bool> PublishAsync(string serial, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        var sent = await Task.WhenAll(_links.Select(link => link.Session).OfType<BridgeSession>().Select(async session =>
        {
            try { return await session.PublishAsync(Topic.Command(serial), payload, stop); }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogNotPublished(serial, e.GetBaseException().Message);
                return false;
            }
        }));
        return sent.Contains(true);
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>The sessions of a node that is gone: until it is back, which its lease tells.</summary>
    private void TakeOver(string node)
    {
        foreach (var broker in _options.Brokers) Start(broker, node, subscribe: false, () => JournalClaims.IsHeldAsync(_database, node, _stop.Token));
    }

    private BridgeLink Start(BrokerOptions broker, string node, bool subscribe, Func<Task<bool>> isOver)
    {
        var (clientId, metrics) = ($"{broker.ClientId}-{node}", new BridgeMetrics(broker.Name));
        var standing = subscribe ? _earshot.Add(broker.Name) : null; // the session of a dead node hears nothing new
        var link = new BridgeLink(broker, clientId, _options, Open, metrics, _time, _logger);
        if (standing is not null) (link.Stood, link.Fell) = (() => _earshot.Begins(standing), () => _earshot.Ends(standing));
        _running.AddOrUpdate($"{broker.Name} {clientId}", _ => link.RunAsync(subscribe, isOver, _stop.Token),
            (_, before) => before.IsCompleted ? link.RunAsync(subscribe, isOver, _stop.Token) : before);
        return link;

        BridgeSession Open() => new(broker, clientId, _node.Journal, _mqtt.MaxPacketBytes, metrics, (serial, kind) =>
        {
            if (standing is not null) _earshot.Note(serial, standing);
            Heard?.Invoke(serial, kind);
        }, _time);
    }

    [LoggerMessage(1903, LogLevel.Warning, "A command to {Serial} was not published: {Why}")]
    private partial void LogNotPublished(string serial, string why);
}
