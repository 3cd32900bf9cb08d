using System.Collections.Concurrent;
using System.Text;
using Fleet.Grains.Reports;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt.Packets;
using Fleet.Ingest.Mqtt.Sessions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// What connections ask for and get: a session, subscriptions, their messages brought into the journal and to whoever
/// subscribes. Sessions' beginnings and ends are facts of presence for the journal.
/// </summary>
internal sealed partial class Broker(
    MqttOptions options, Func<Journal.Journal> journal, Admission admission, SessionTable sessions, Router router, TelemetryWatchers watchers, CommandDesk commands,
    ToolCommands tools, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Broker> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(1);

    /// <summary>A terminal has one session, a few while it changes its client identifier; kept sessions hold memory.</summary>
    private const int MostSessionsOfOneTerminal = 8, MostSessionsOfOneTool = 1000;

    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends what waits for an answer before Kestrel waits for it.</summary>
    private readonly CancellationTokenSource _leaving = new();
    private Task _sweeping = Task.CompletedTask;
    private volatile bool _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Kestrel closes the connections before this room is told to stop.
        lifetime.ApplicationStopping.Register(() =>
        {
            _stopping = true;
            _leaving.Cancel();
        });
        sessions.PublishWill = will => _ = PublishWillAsync(will);
        admission.Revoked += Revoke;
        _sweeping = SweepAsync();
        return Task.CompletedTask;
    }

    /// <summary>Our own going is nobody's outage: from here on no session's end is told.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        admission.Revoked -= Revoke;
        foreach (var connection in _connections.Keys) connection.Close(MqttDisconnectReasonCode.ServerShuttingDown);
        await _stop.CancelAsync();
        await _sweeping;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _leaving.Dispose();
    }

    public void Opened(Connection connection) => _connections.TryAdd(connection, true);

    public void Closed(Connection connection) => _connections.TryRemove(connection, out _);

    /// <summary>What tools tell terminals is not taken here.</summary>
    public ToolCommands Tools => tools;

    /// <summary>Whether the journal's row at a position is on disk.</summary>
    public bool IsCommitted(long position) => position <= journal().CommittedPosition;

    /// <summary>A client takes leave, and says for how many seconds its session is to be kept.</summary>
    public void Keep(Connection connection, Session session, uint seconds) => sessions.Keep(connection, session, Expiry(seconds));

    /// <summary>A session's expiry in seconds, as far as we go with it.</summary>
    private uint Expiry(uint seconds) => Math.Min(seconds, (uint)options.MaxSessionExpiry.TotalSeconds);

    public async Task<Admitted> AdmitAsync(Connection connection, MqttConnectPacket connect, bool isV5)
    {
        if (!string.IsNullOrEmpty(connect.AuthenticationMethod)) return Refused(connection, connect, MqttConnectReasonCode.BadAuthenticationMethod, "authentication-method");
        var clientId = connect.ClientId;
        if (string.IsNullOrEmpty(clientId)) clientId = $"anonymous-{Guid.NewGuid():n}";
        var (access, reason, refusal) = await admission.JudgeAsync(new(clientId, connect.Username, connect.Password ?? [], connection.Address, connection.Certificate), _leaving.Token);
        if (access is null)
        {
            IngestMetrics.ConnectRefused(refusal); // admission has its own log
            return new(null, null, false, reason);
        }
        var expiry = isV5 ? Expiry(connect.SessionExpiryInterval) : connect.CleanSession ? 0 : Expiry(uint.MaxValue);
        var will = connect.WillFlag ? new Will(Message.WillOf(connect), connect.WillMessageExpiryInterval, connect.WillDelayInterval, access) : null;
        connection.Rate = admission.RateOf(access);
        var opening = new Opening(clientId, access, connect.CleanSession, expiry, access.Serial is null ? MostSessionsOfOneTool : MostSessionsOfOneTerminal);
        if (!sessions.TryOpen(connection, opening, out var session, out var isPresent))
            return Refused(connection, connect, MqttConnectReasonCode.ClientIdentifierNotValid, "too-many-sessions");
        return new(session, will, isPresent);
    }

    /// <summary>The answer to a CONNECT is about to leave: from here on its will stands.</summary>
    public void Accept(Connection connection, Session session, Will will) => sessions.Accept(connection, session, will);

    /// <summary>A kept session is about to send what it holds again.</summary>
    public Task ReviewAsync(Session session) => commands.ReviewAsync(session);

    /// <summary>A session has begun: a fact of presence.</summary>
    public Task BeginAsync(Connection connection, Session session)
    {
        if (connection.Access?.Serial is { } serial) commands.Wake(serial);
        return TellAsync(connection, EntryKind.Online, connection.SessionNumber);
    }

    /// <summary>A connection has ended; unless the session went on elsewhere, that is a fact of presence too.</summary>
    public Task EndAsync(Connection connection, Session session, bool withWill) =>
        sessions.Close(connection, session, withWill && !_stopping, out var number) ? TellAsync(connection, EntryKind.Offline, number) : Task.CompletedTask;

    public void Subscribe(Connection connection, Session session, MqttSubscribePacket packet, bool isV5)
    {
        var codes = new List<MqttSubscribeReasonCode>(packet.TopicFilters.Count);
        var fresh = new Dictionary<string, Subscription>(); // a filter that stands there a thousand times brings its retained messages once
        foreach (var wanted in packet.TopicFilters)
        {
            var subscription = new Subscription(session, wanted.Topic, (int)wanted.QualityOfServiceLevel, wanted.NoLocal, wanted.RetainAsPublished, packet.SubscriptionIdentifier);
            var isNew = false;
            var code = RefusalOf(connection.Access!, wanted.Topic) ?? sessions.Subscribe(connection, subscription, out isNew);
            codes.Add(code is { } refused ? (isV5 ? refused : MqttSubscribeReasonCode.UnspecifiedError) : (MqttSubscribeReasonCode)wanted.QualityOfServiceLevel);
            if (code is not null) continue;
            var sendsRetained = wanted.RetainHandling == MqttRetainHandling.SendAtSubscribe || (isNew && wanted.RetainHandling == MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly);
            if (sendsRetained && TopicFilter.Split(wanted.Topic).Share is null) fresh[wanted.Topic] = subscription;
        }
        connection.Send(new MqttSubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = codes });
        foreach (var subscription in fresh.Values) router.SendRetained(subscription);
        foreach (var wanted in packet.TopicFilters)
            if ((connection.Access!.Serial ?? Topic.SerialOfCommand(wanted.Topic)) is { } serial) commands.Wake(serial);
    }

    public List<MqttUnsubscribeReasonCode> Unsubscribe(Connection connection, Session session, MqttUnsubscribePacket packet) =>
        packet.TopicFilters.ConvertAll(filter => sessions.Unsubscribe(connection, session, filter) ? MqttUnsubscribeReasonCode.Success : MqttUnsubscribeReasonCode.NoSubscriptionExisted);

    /// <summary>Takes a message: into the journal where it belongs there, then to its subscribers.</summary>
    /// <param name="position">The commit that its answer waits for.</param>
    /// <returns>False where the journal has no room for it: nothing has happened.</returns>
    public bool TryTake(Connection connection, MqttPublishPacket packet, string topic, out long position, out Remark? remark) =>
        TryTake(connection.Access!, connection.Session, Message.Of(packet, topic, NowMs()), connection.SessionNumber, connection, out position, out remark);

    /// <param name="number">Of the session that speaks.</param>
    private bool TryTake(Access access, Session? from, Message message, long number, CommitListener? listener, out long position, out Remark? remark)
    {
        (position, remark) = (0, null);
        var topic = Encoding.UTF8.GetBytes(message.Topic);
        var refusal = Judge(access, message, topic, out var serial, out var kind);
        if (refusal != Refusal.None)
        {
            NoteRefused(access, refusal);
            remark = Remark.Of(refusal);
            return true;
        }
        if (kind is { } entry)
        {
            var content = Intake.Content(entry, message.Payload.Span, message.Properties?.CorrelationData, access.Serial is null ? null : number);
            if (!journal().TryAppend(new(entry, NowMs(), serial, content), listener, out position)) return false;
            if (entry <= EntryKind.Security) IngestMetrics.TookTheLongWay();
        }
        if (!router.TryKeep(message)) remark = new(MqttPubAckReasonCode.QuotaExceeded, "retained-messages-full");
        else if (kind is not <= EntryKind.Security || watchers.Watch(serial))
        {
            // At QoS 2 it would have to be remembered for a repetition.
            if (router.Publish(message, from) == 0 && kind is null && message.Qos == 1) remark = new(MqttPubAckReasonCode.NoMatchingSubscribers, null);
        }
        return true;
    }

    /// <summary>What a terminal sends and we refuse is a word about that terminal; where the journal is full, it is left at the count.</summary>
    internal void NoteRefused(Access? access, Refusal refusal)
    {
        IngestMetrics.Refused(refusal);
        if (access?.Serial is { } serial) journal().TryAppend(new(EntryKind.Refused, NowMs(), Encoding.ASCII.GetBytes(serial), [(byte)refusal]), null, out _);
    }

    /// <param name="kind">The entry for the journal; null where it has no use for the message.</param>
    private Refusal Judge(Access access, Message message, ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> serial, out EntryKind? kind)
    {
        serial = default;
        kind = null;
        var isAllowed = access.AllowsPublish(message.Topic);
        if (access.Serial is null && isAllowed)
        {
            if (options.Topics == MqttTopics.Any && !Topic.IsOurs(topic)) return Refusal.None;
            if (Topic.IsCommand(message.Topic)) return Refusal.None; // an operator's tool speaks to a terminal
        }
        var refusal = Intake.Judge(topic, message.Payload.Span, out serial, out kind);
        return refusal == Refusal.None && !isAllowed ? Refusal.ForeignSerial : refusal;
    }

    private static MqttSubscribeReasonCode? RefusalOf(Access access, string filter) =>
        !access.AllowsSubscription(TopicFilter.Split(filter).Filter) ? MqttSubscribeReasonCode.NotAuthorized
        : TopicFilter.IsTooDeep(filter) ? MqttSubscribeReasonCode.TopicFilterInvalid
        : null;

    private Admitted Refused(Connection connection, MqttConnectPacket connect, MqttConnectReasonCode reason, string why)
    {
        IngestMetrics.ConnectRefused(why);
        admission.NoteRefused(connection.Address, connect.Username, why);
        return new(null, null, false, reason);
    }

    private async Task PublishWillAsync(Will will)
    {
        if (_stopping) return;
        var message = will.Message with { ExpiresAtMs = Message.ExpiryOf(will.ExpirySeconds, NowMs()) };
        try
        {
            if (tools.IsOne(will.Access, message.Topic)) await tools.KeepAsync(message, _stop.Token);
            else while (!TryTake(will.Access, null, message, will.SessionNumber, null, out _, out _)) await journal().RoomAsync(_stop.Token);
        }
        catch (OperationCanceledException) { } // the node stops
    }

    private Task TellAsync(Connection connection, EntryKind kind, long number)
    {
        // Of anonymous sessions nobody knows whose they are.
        if (!_stopping && connection.Access?.Serial is { } serial) journal().Tell(kind, serial, number);
        return Task.CompletedTask;
    }

    private void Revoke(Predicate<Access> isRevoked)
    {
        foreach (var connection in _connections.Keys)
            if (connection.Access is { } access && isRevoked(access)) connection.Close(MqttDisconnectReasonCode.AdministrativeAction);
    }

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(s_sweep, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    sessions.Sweep();
                    foreach (var connection in _connections.Keys) connection.CheckAlive();
                }
                catch (Exception e) { LogSweepFailed(e); } // the next one goes on with the rest
            }
        }
        catch (OperationCanceledException) { }
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1602, LogLevel.Error, "Sessions could not all be looked after; trying again in a second")]
    private partial void LogSweepFailed(Exception e);

    [LoggerMessage(1603, LogLevel.Debug, "{Peer} broke the protocol and is closed with {Reason}: {What}")]
    internal partial void LogBreach(System.Net.IPAddress? peer, MqttDisconnectReasonCode reason, string what);
}

/// <summary>The answer to a CONNECT.</summary>
internal readonly record struct Admitted(Session? Session, Will? Will, bool IsPresent, MqttConnectReasonCode Reason = MqttConnectReasonCode.Success);
