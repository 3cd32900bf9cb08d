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
    MqttDoor door, MqttOptions options, JournalNode node, CredentialStore credentials, TelemetryWatchers watchers,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Broker> logger) : IHostedService, ICommands, IDisposable
{
    private readonly MqttServer _server = new(
        new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint().WithPersistentSessions().WithMaxPendingMessagesPerClient(options.MaxQueuedPerClient)
            .Build(),
        [door], new MqttNetLog(logger));

    /// <summary>Whose session a client identifier names: nobody else may take it over, nor what waits in it.</summary>
    private readonly ConcurrentDictionary<string, string> _owners = new();
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
        _server.SessionDeletedAsync += e => Done(() => { watchers.Gone(e.Id); _owners.TryRemove(e.Id, out _); });
        await _server.StartAsync();
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
        var clients = await _server.GetSessionsAsync();
        await _server.InjectApplicationMessage(new(message) { SenderClientId = "fleet" }, stop);
        return clients.Any(c => (c.Items[typeof(Access)] as Access)?.Serial is { } owner ? owner == serial : true);
    }

    public void Dispose() => _server.Dispose();

    private async Task Validate(ValidatingConnectionEventArgs e)
    {
        if (string.IsNullOrEmpty(e.ClientId)) e.AssignedClientIdentifier = $"anonymous-{Guid.NewGuid():n}";
        var (access, refusal) = await Authenticate(e);
        if (access is null)
        {
            e.ReasonCode = refusal!.Value;
            IngestMetrics.ConnectRefused(refusal == MqttConnectReasonCode.BadUserNameOrPassword ? "bad-password" : "not-authorized");
            LogRefusedConnect(e.RemoteEndPoint, refusal.Value);
            return;
        }
        if (!string.IsNullOrEmpty(e.ClientId) && _owners.GetOrAdd(e.ClientId, access.Serial ?? "") != (access.Serial ?? ""))
        {
            e.ReasonCode = MqttConnectReasonCode.ClientIdentifierNotValid;
            IngestMetrics.ConnectRefused("foreign-client-identifier");
            return;
        }
        e.SessionItems[typeof(Access)] = access;
        if (e.ChannelAdapter is not MqttChannel channel) return;
        channel.Access = access;
        if (access.Serial is not null) channel.Rate = new(options.MessagesPerSecond, time);
    }

    private async Task<(Access?, MqttConnectReasonCode?)> Authenticate(ValidatingConnectionEventArgs e)
    {
        var anonymousAllowed = options.AllowAnonymous && e.RemoteEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address);
        if (string.IsNullOrEmpty(e.UserName)) return anonymousAllowed ? (Access.Anonymous, null) : (null, MqttConnectReasonCode.NotAuthorized);
        if (Topic.IsSerial(Encoding.UTF8.GetBytes(e.UserName)))
        {
            var verified = await credentials.VerifyAsync(e.UserName, e.RawPassword ?? []);
            if (verified == true) return (new(e.UserName), null);
            if (verified is null && anonymousAllowed) return (Access.Anonymous, null);
        }
        else if (anonymousAllowed) return (Access.Anonymous, null);
        return (null, MqttConnectReasonCode.BadUserNameOrPassword);
    }

    private async Task Intercept(InterceptingPublishEventArgs e)
    {
        if (e.SessionItems?[typeof(Access)] is not Access access) return; // our own command: every client's session has its Access
        var message = e.ApplicationMessage;
        if (!Topic.TryParse(message.Topic, out var serial, out var section, out var refusal))
        {
            if (options.Topics == MqttTopics.Any && access.Serial is null) return;
            refusal = Refusal.UnknownTopic;
        }
        if (IsCommand(message.Topic) && access.Serial is null) return; // an operator's tool speaks to a terminal
        if (refusal == Refusal.None && !access.Allows(Encoding.ASCII.GetBytes(serial))) refusal = Refusal.ForeignSerial;
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

    [LoggerMessage(1601, LogLevel.Information, "CONNECT of {Peer} refused: {Reason}")]
    private partial void LogRefusedConnect(EndPoint? peer, MqttConnectReasonCode reason);

    [LoggerMessage(1602, LogLevel.Warning, "{Kind} of {Serial} could not be written to the journal")]
    private partial void LogFactLost(Exception e, EntryKind kind, string serial);
}

/// <summary>The way down: commands to a terminal.</summary>
public interface ICommands
{
    /// <summary>Publishes on the terminal's command topic at QoS 1; false when no session of it is known here.</summary>
    Task<bool> SendAsync(string serial, ReadOnlyMemory<byte> payload, CancellationToken stop);
}
