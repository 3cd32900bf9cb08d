using System.Collections.Concurrent;
using System.Text;
using Fleet.Grains.Reports;
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
    MqttOptions options, Func<Journal.Journal> journal, Admission admission, SessionTable sessions, Router router, TelemetryWatchers watchers,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Broker> logger) : IHostedService, ICommands, IDisposable
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromSeconds(1);

    /// <summary>Of one session; each costs memory.</summary>
    private const int MostSubscriptions = 1000;

    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _sweeping = Task.CompletedTask;
    private volatile bool _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Kestrel closes the connections before this room is told to stop.
        lifetime.ApplicationStopping.Register(() => _stopping = true);
        sessions.PublishWill = (will, isTakenOver) => _ = PublishWillAsync(will, isTakenOver);
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

    public void Dispose() => _stop.Dispose();

    public void Opened(Connection connection) => _connections.TryAdd(connection, true);

    public void Closed(Connection connection) => _connections.TryRemove(connection, out _);

    public Task<bool> SendAsync(string serial, ReadOnlyMemory<byte> payload, CancellationToken stop) =>
        Task.FromResult(router.Publish(new(Topic.Command(serial), payload, Qos: 1, Retain: false), from: null) > 0);

    /// <summary>Whether the journal's row at a position is on disk.</summary>
    public bool IsCommitted(long position) => position <= journal().CommittedPosition;

    /// <summary>A session's expiry in seconds, as far as we go with it.</summary>
    public uint Expiry(uint seconds) => Math.Min(seconds, (uint)options.MaxSessionExpiry.TotalSeconds);

    public async Task<Admitted> AdmitAsync(Connection connection, MqttConnectPacket connect, bool isV5)
    {
        if (!string.IsNullOrEmpty(connect.AuthenticationMethod)) return Refused(connection, MqttConnectReasonCode.BadAuthenticationMethod, "authentication-method");
        var clientId = connect.ClientId;
        if (string.IsNullOrEmpty(clientId)) clientId = $"anonymous-{Guid.NewGuid():n}";
        var (access, reason, refusal) = await admission.JudgeAsync(new(connect.Username, connect.Password ?? [], connection.Address, connection.Certificate), _stop.Token);
        if (access is null) return Refused(connection, reason, refusal);
        var owner = access.Serial ?? "";
        if (owner.Length > 0 && clientId != owner && await admission.IsTerminalAsync(clientId, _stop.Token))
            return Refused(connection, MqttConnectReasonCode.ClientIdentifierNotValid, "foreign-client-identifier");
        if (!sessions.TryOpen(connection, clientId, owner, connect.CleanSession, out var session, out var isPresent, out refusal))
            return Refused(connection, MqttConnectReasonCode.ClientIdentifierNotValid, refusal);
        session.ExpirySeconds = isV5 ? Expiry(connect.SessionExpiryInterval) : connect.CleanSession ? 0 : Expiry(uint.MaxValue);
        session.Will = connect.WillFlag ? new(Message.WillOf(connect, NowMs()), connect.WillDelayInterval, access) : null;
        connection.Rate = admission.RateOf(access);
        return new(session, access, isPresent);
    }

    /// <summary>A session has begun: a fact of presence.</summary>
    public Task BeginAsync(Connection connection, Session session) => TellAsync(connection, session, EntryKind.Online);

    /// <summary>A connection has ended; unless the session went on elsewhere, that is a fact of presence too.</summary>
    public Task EndAsync(Connection connection, Session session, bool withWill) =>
        sessions.Close(connection, session, withWill && !_stopping) ? TellAsync(connection, session, EntryKind.Offline) : Task.CompletedTask;

    public void Subscribe(Connection connection, Session session, MqttSubscribePacket packet, bool isV5)
    {
        var codes = new List<MqttSubscribeReasonCode>(packet.TopicFilters.Count);
        var fresh = new List<Subscription>();
        foreach (var wanted in packet.TopicFilters)
        {
            var code = RefusalOf(connection.Access!, session, wanted.Topic);
            codes.Add(code is { } refused ? (isV5 ? refused : MqttSubscribeReasonCode.UnspecifiedError) : (MqttSubscribeReasonCode)wanted.QualityOfServiceLevel);
            if (code is not null) continue;
            var subscription = new Subscription(session, wanted.Topic, (int)wanted.QualityOfServiceLevel, wanted.NoLocal, wanted.RetainAsPublished, packet.SubscriptionIdentifier);
            var isNew = !session.Subscriptions.ContainsKey(wanted.Topic);
            sessions.Subscribe(subscription);
            var sendsRetained = wanted.RetainHandling == MqttRetainHandling.SendAtSubscribe || (isNew && wanted.RetainHandling == MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly);
            if (sendsRetained && TopicFilter.Split(wanted.Topic).Share is null) fresh.Add(subscription);
        }
        connection.Send(new MqttSubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = codes });
        foreach (var subscription in fresh) router.SendRetained(subscription);
    }

    public List<MqttUnsubscribeReasonCode> Unsubscribe(Session session, MqttUnsubscribePacket packet) =>
        packet.TopicFilters.ConvertAll(filter => sessions.Unsubscribe(session, filter) ? MqttUnsubscribeReasonCode.Success : MqttUnsubscribeReasonCode.NoSubscriptionExisted);

    /// <summary>Takes a message: into the journal where it belongs there, then to its subscribers.</summary>
    /// <param name="isRepeated">Its subscribers have it already.</param>
    /// <param name="position">The commit that its answer waits for.</param>
    /// <returns>False where the journal has no room for it: nothing has happened.</returns>
    public bool TryTake(Connection connection, MqttPublishPacket packet, string topic, bool isRepeated, out long position, out Refused? refused) =>
        TryTake(connection.Access!, isRepeated ? null : connection.Session, Message.Of(packet, topic, NowMs()), isRepeated, tells: true, connection, out position, out refused);

    private bool TryTake(Access access, Session? from, Message message, bool isRepeated, bool tells, CommitListener? listener, out long position, out Refused? refused)
    {
        (position, refused) = (0, null);
        var refusal = Judge(access, message, out var serial, out var section);
        if (refusal != Refusal.None)
        {
            IngestMetrics.Refused(refusal);
            refused = new(Code(refusal), IngestMetrics.Name(refusal));
            return true;
        }
        if (EntryOf(section, message) is { } kind && tells)
        {
            var entry = new Entry(kind, NowMs(), Encoding.ASCII.GetBytes(serial), kind <= EntryKind.Security ? message.Payload.Span : default);
            if (!journal().TryAppend(entry, listener, out position)) return false;
            if (kind <= EntryKind.Security) IngestMetrics.TookTheLongWay();
        }
        if (isRepeated) return true;
        if (!router.TryKeep(message)) refused = new(MqttPubAckReasonCode.QuotaExceeded, "retained-messages-full");
        else if (section is null || !Topic.IsTelemetry(section.Value) || watchers.Watch(Encoding.ASCII.GetBytes(serial))) router.Publish(message, from);
        return true;
    }

    /// <param name="section">Null for a topic that is none of a terminal's.</param>
    private Refusal Judge(Access access, Message message, out string serial, out Section? section)
    {
        section = null;
        if (!Topic.TryParse(message.Topic, out serial, out var found, out var refusal))
            return options.Topics == MqttTopics.Any && access.Serial is null ? Refusal.None : Refusal.UnknownTopic;
        if (Topic.IsCommand(message.Topic) && access.Serial is null) return Refusal.None; // an operator's tool speaks to a terminal
        if (refusal != Refusal.None) return refusal;
        if (!access.Allows(Encoding.ASCII.GetBytes(serial))) return Refusal.ForeignSerial;
        if (CardNumbers.Found(message.Payload.Span)) return Refusal.CardNumber;
        if (found == Section.Status && !message.Payload.IsEmpty && EntryOf(found, message) is null) return Refusal.WrongType;
        section = found;
        return Refusal.None;
    }

    private static EntryKind? EntryOf(Section? section, Message message) => section switch
    {
        null or Section.Result => null,
        Section.Status when message.Payload.Span.SequenceEqual("online"u8) => EntryKind.Online,
        Section.Status when message.Payload.Span.SequenceEqual("offline"u8) => EntryKind.Offline,
        Section.Status => null,
        _ => (EntryKind)section,
    };

    private static MqttPubAckReasonCode Code(Refusal refusal) => refusal switch
    {
        Refusal.UnknownTopic or Refusal.BadSerial => MqttPubAckReasonCode.TopicNameInvalid,
        Refusal.ForeignSerial => MqttPubAckReasonCode.NotAuthorized,
        _ => MqttPubAckReasonCode.PayloadFormatInvalid,
    };

    private static MqttSubscribeReasonCode? RefusalOf(Access access, Session session, string filter)
    {
        if (!access.AllowsSubscription(TopicFilter.Split(filter).Filter)) return MqttSubscribeReasonCode.NotAuthorized;
        return session.Subscriptions.Count >= MostSubscriptions && !session.Subscriptions.ContainsKey(filter) ? MqttSubscribeReasonCode.QuotaExceeded : null;
    }

    private Admitted Refused(Connection connection, MqttConnectReasonCode reason, string why)
    {
        IngestMetrics.ConnectRefused(why);
        LogRefusedConnect(connection.Address, why);
        return new(null, null, false, reason);
    }

    /// <summary>The will of a session that was taken over says nothing of its terminal, which is there.</summary>
    private async Task PublishWillAsync(Will will, bool isTakenOver)
    {
        if (_stopping) return;
        try
        {
            while (!TryTake(will.Access, null, will.Message, isRepeated: false, tells: !isTakenOver, null, out _, out _)) await journal().RoomAsync(_stop.Token);
        }
        catch (OperationCanceledException) { } // the node stops
    }

    private Task TellAsync(Connection connection, Session session, EntryKind kind)
    {
        // Of anonymous sessions nobody knows whose they are.
        if (!_stopping && connection.Access?.Serial is { } serial) journal().Tell(kind, serial);
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
                sessions.Sweep();
                foreach (var connection in _connections.Keys) connection.CheckAlive();
            }
        }
        catch (OperationCanceledException) { }
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1601, LogLevel.Information, "CONNECT of {Peer} refused: {Reason}")]
    private partial void LogRefusedConnect(System.Net.IPAddress? peer, string reason);
}

/// <summary>The answer to a CONNECT.</summary>
internal readonly record struct Admitted(Session? Session, Access? Access, bool IsPresent, MqttConnectReasonCode Reason = MqttConnectReasonCode.Success);

/// <summary>Why a message was not taken.</summary>
internal readonly record struct Refused(MqttPubAckReasonCode Code, string Why);

/// <summary>The way down: commands to a terminal.</summary>
public interface ICommands
{
    /// <summary>Publishes on the terminal's command topic at QoS 1; false when no session of it is known here.</summary>
    Task<bool> SendAsync(string serial, ReadOnlyMemory<byte> payload, CancellationToken stop);
}
