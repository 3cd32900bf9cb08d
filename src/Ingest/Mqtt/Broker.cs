using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Fleet.Grains.Reports;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Pump;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// MQTTnet's server behind the door: who may come in, what may be published and read, and the long way of a message
/// that is not the lane's. Sessions' beginnings and ends are facts of presence for the journal.
/// </summary>
internal sealed partial class Broker(
    MqttDoor door, MqttOptions options, JournalNode node, Admission admission, TelemetryWatchers watchers,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Broker> logger) : IHostedService, ICommands, IDisposable
{
    private readonly MqttServer _server = new(
        new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint().WithPersistentSessions().WithMaxPendingMessagesPerClient(options.MaxQueuedPerClient)
            .Build(),
        [door], new MqttNetLog(logger));

    /// <summary>Whose session a client identifier names: nobody else may take it over, nor what waits in it.</summary>
    private readonly ConcurrentDictionary<string, string> _owners = new();

    /// <summary>A terminal has one session, a few while it changes its client identifier; kept sessions hold memory.</summary>
    private const int MostSessionsOfOneSerial = 8;
    private readonly ConcurrentDictionary<string, int> _sessionsOf = new();

    /// <summary>Commands that MQTTnet found no subscriber for.</summary>
    private readonly ConcurrentDictionary<MqttApplicationMessage, bool> _unread = new(ReferenceEqualityComparer.Instance);
    private volatile bool _stopping;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Kestrel closes the connections before this room is told to stop.
        lifetime.ApplicationStopping.Register(() => _stopping = true);
        _server.ValidatingConnectionAsync += Validate;
        _server.InterceptingPublishAsync += Intercept;
        _server.InterceptingSubscriptionAsync += InterceptSubscription;
        _server.ClientConnectedAsync += e => Tell(e.SessionItems, EntryKind.Online);
        _server.ClientDisconnectedAsync += e => e.DisconnectType == MqttClientDisconnectType.Takeover ? Task.CompletedTask : Tell(e.SessionItems, EntryKind.Offline);
        _server.ClientSubscribedTopicAsync += e => Done(() => watchers.Subscribed(e.ClientId, e.TopicFilter.Topic));
        _server.ClientUnsubscribedTopicAsync += e => Done(() => watchers.Unsubscribed(e.ClientId, e.TopicFilter));
        _server.SessionDeletedAsync += e => Done(() => { watchers.Gone(e.Id); Disown(e.Id); });
        _server.ApplicationMessageNotConsumedAsync += e => Done(() => { if (e.SenderId == "fleet") _unread[e.ApplicationMessage] = true; });
        admission.Revoked += which => _ = Close(which);
        await _server.StartAsync();
    }

    /// <summary>Closes sessions whose right to be here has ended.</summary>
    private async Task Close(Predicate<Access> which)
    {
        try
        {
            foreach (var client in await _server.GetClientsAsync())
                if (client.Session.Items[typeof(Access)] is Access access && which(access))
                    await client.DisconnectAsync(new() { ReasonCode = MqttDisconnectReasonCode.AdministrativeAction });
        }
        catch (Exception e) when (!_stopping) { LogNotClosed(e); }
    }

    /// <summary>Our own going is nobody's outage: from here on no session's end is told.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        await _server.StopAsync(new MqttServerStopOptionsBuilder()
            .WithDefaultClientDisconnectOptions(o => o.WithReasonCode(MqttDisconnectReasonCode.ServerShuttingDown)).Build());
    }

    public async Task<bool> SendAsync(string serial, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        var message = new MqttApplicationMessageBuilder().WithTopic(Topic.Command(serial)).WithPayload(payload.ToArray())
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build();
        var own = new Dictionary<object, object> { [typeof(Broker)] = this };
        await _server.InjectApplicationMessage(new(message) { SenderClientId = "fleet", CustomSessionItems = own }, stop);
        return !_unread.TryRemove(message, out _);
    }

    public void Dispose() => _server.Dispose();

    private async Task Validate(ValidatingConnectionEventArgs e)
    {
        if (string.IsNullOrEmpty(e.ClientId)) e.AssignedClientIdentifier = $"anonymous-{Guid.NewGuid():n}";
        var visitor = new Visitor(e.UserName, e.RawPassword ?? [], (e.RemoteEndPoint as IPEndPoint)?.Address, e.ClientCertificate);
        var (access, reasonCode, refusal) = await admission.JudgeAsync(visitor, lifetime.ApplicationStopping);
        if (access is null)
        {
            e.ReasonCode = reasonCode;
            IngestMetrics.ConnectRefused(refusal);
            return;
        }
        if (await RefusalOf(e.ClientId, access) is { } reason)
        {
            e.ReasonCode = MqttConnectReasonCode.ClientIdentifierNotValid;
            IngestMetrics.ConnectRefused(reason);
            return;
        }
        e.SessionItems[typeof(Access)] = access;
        if (e.ChannelAdapter is not MqttChannel channel) return;
        channel.Access = access;
        channel.Rate = admission.RateOf(access);
    }

    /// <summary>Why a session may not have its client identifier; null where it may. Nobody takes another's, nor the name of another terminal, nor more than a few.</summary>
    private async Task<string?> RefusalOf(string clientId, Access access)
    {
        if (string.IsNullOrEmpty(clientId)) return null;
        var owner = access.Name ?? "";
        if (owner.Length > 0 && clientId != owner && await admission.IsTerminalAsync(clientId, default)) return "foreign-client-identifier";
        if (!_owners.TryAdd(clientId, owner)) return _owners.GetValueOrDefault(clientId, owner) == owner ? null : "foreign-client-identifier";
        if (owner.Length == 0 || _sessionsOf.AddOrUpdate(owner, 1, (_, sessions) => sessions + 1) <= MostSessionsOfOneSerial) return null;
        Disown(clientId);
        return "too-many-sessions";
    }

    private void Disown(string clientId)
    {
        if (_owners.TryRemove(clientId, out var owner) && owner.Length > 0) _sessionsOf.AddOrUpdate(owner, 0, (_, sessions) => sessions - 1);
    }

    private async Task Intercept(InterceptingPublishEventArgs e)
    {
        if (e.SessionItems?.Contains(typeof(Broker)) == true) return; // our own command
        if (e.SessionItems?[typeof(Access)] is not Access access)
        {
            Refuse(e, Refusal.ForeignSerial);
            return;
        }
        var message = e.ApplicationMessage;
        if (!Topic.TryParse(message.Topic, out var serial, out var section, out var refusal))
        {
            if (options.Topics == MqttTopics.Any && access.Serial is null && access.AllowsPublish(message.Topic)) return;
            refusal = Refusal.UnknownTopic;
        }
        var allowed = access.AllowsPublish(message.Topic);
        if (IsCommand(message.Topic) && access.Serial is null && allowed) return; // an operator's tool speaks to a terminal
        if (refusal == Refusal.None && !allowed) refusal = Refusal.ForeignSerial;
        if (refusal == Refusal.None && CardNumbers.Found(Contiguous(message.Payload).Span)) refusal = Refusal.CardNumber;
        if (refusal != Refusal.None) { Refuse(e, refusal); return; }
        if (Topic.IsTelemetry(section)) await Append((EntryKind)section, serial, Contiguous(message.Payload), e.CancellationToken);
        else if (section == Section.Status) await TakeStatus(e, serial);
    }

    private async Task TakeStatus(InterceptingPublishEventArgs e, string serial)
    {
        switch (Encoding.UTF8.GetString(e.ApplicationMessage.Payload))
        {
            case "online": await Append(EntryKind.Online, serial, default, e.CancellationToken); break;
            case "offline" when _stopping: break; // the wills of those whom we leave
            case "offline": await Append(EntryKind.Offline, serial, default, e.CancellationToken); break;
            case "": break; // clears the retained status
            default: Refuse(e, Refusal.WrongType); break;
        }
    }

    private static void Refuse(InterceptingPublishEventArgs e, Refusal refusal)
    {
        IngestMetrics.Refused(refusal);
        e.ProcessPublish = false;
        e.Response.ReasonString = IngestMetrics.Name(refusal);
        e.Response.ReasonCode = refusal switch
        {
            Refusal.UnknownTopic or Refusal.BadSerial => MqttPubAckReasonCode.TopicNameInvalid,
            Refusal.ForeignSerial => MqttPubAckReasonCode.NotAuthorized,
            _ => MqttPubAckReasonCode.PayloadFormatInvalid,
        };
    }

    private Task InterceptSubscription(InterceptingSubscriptionEventArgs e)
    {
        var filter = e.TopicFilter.Topic;
        var allowed = e.SessionItems[typeof(Access)] is Access access && access.AllowsSubscription(filter);
        if (allowed) return Task.CompletedTask;
        e.ProcessSubscription = false;
        e.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
        return Task.CompletedTask;
    }

    private Task Append(EntryKind kind, string serial, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        if (kind <= EntryKind.Security) IngestMetrics.TookTheLongWay();
        return node.Journal.AppendAsync(kind, time.GetUtcNow().ToUnixTimeMilliseconds(), Encoding.ASCII.GetBytes(serial), payload, stop);
    }

    /// <summary>A terminal's session began or ended; of anonymous sessions nobody knows whose they are.</summary>
    private async Task Tell(System.Collections.IDictionary session, EntryKind kind)
    {
        if (_stopping || session[typeof(Access)] is not Access { Serial: { } serial }) return;
        try { await node.AppendAsync(kind, serial, default); }
        catch (Exception e) when (!_stopping) { LogFactLost(e, kind, serial); }
    }

    private static bool IsCommand(string topic) =>
        topic.StartsWith(Topic.Root, StringComparison.Ordinal) && topic.EndsWith("/command", StringComparison.Ordinal);

    private static ReadOnlyMemory<byte> Contiguous(ReadOnlySequence<byte> payload) => payload.IsSingleSegment ? payload.First : payload.ToArray();

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    [LoggerMessage(1603, LogLevel.Error, "Sessions whose right has ended could not be closed")]
    private partial void LogNotClosed(Exception e);

    [LoggerMessage(1602, LogLevel.Warning, "{Kind} of {Serial} could not be written to the journal")]
    private partial void LogFactLost(Exception e, EntryKind kind, string serial);
}

/// <summary>The way down: commands to a terminal.</summary>
public interface ICommands
{
    /// <summary>Publishes on the terminal's command topic at QoS 1; false when no session of it is known here.</summary>
    Task<bool> SendAsync(string serial, ReadOnlyMemory<byte> payload, CancellationToken stop);
}
