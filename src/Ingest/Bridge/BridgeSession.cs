using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Fleet.Grains.Reports;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using MQTTnet;
using MQTTnet.LowLevelClient;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Bridge;

/// <summary>
/// One connection to a broker, packet by packet: MQTTnet's other client queues what it receives without a bound. What
/// comes goes into the journal and is acknowledged when it is committed; where the journal is full, or
/// <see cref="BrokerOptions.ReceiveMaximum"/> messages wait for it, the socket is not read.
/// </summary>
internal sealed class BridgeSession(BrokerOptions broker, string clientId, Journal.Journal journal, int maxPacketBytes, BridgeMetrics metrics, Action<string, EntryKind> heard, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly ILowLevelMqttClient _client = new MqttClientFactory().CreateLowLevelMqttClient();
    private readonly PendingAcknowledgements _unacknowledged = new(broker.ReceiveMaximum);
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<MqttPacket>> _asked = new();
    private readonly CancellationTokenSource _end = new();
    private Task _running = Task.CompletedTask;
    private TimeSpan _keepAlive = broker.KeepAlive;
    private long _lastHeard;
    private int _lastPacketId;
    private volatile bool _taking, _leaving, _isMute;

    /// <summary>Connects and goes on with the session that the broker keeps.</summary>
    /// <param name="subscribe">False for the session of a node that is gone: what waits in it is taken, and nothing more comes.</param>
    /// <exception cref="BridgeException">The broker refuses.</exception>
    public async Task OpenAsync(bool subscribe, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        try { await Open(subscribe, patience.Token); }
        catch (Exception e) when (e is TimeoutException || (patience.IsCancellationRequested && !stop.IsCancellationRequested)) { throw new BridgeException($"no answer within {s_patience}: {e.Message}"); }
    }

    /// <summary>Runs until the connection ends; then throws why, or returns where it ended by <see cref="LeaveAsync"/>.</summary>
    public Task RunAsync() => _running;

    /// <summary>Takes nothing more, acknowledges what is committed, and takes leave; the broker keeps the session.</summary>
    public async Task LeaveAsync(CancellationToken stop)
    {
        _leaving = true;
        try
        {
            await Task.WhenAny(_running, _unacknowledged.EmptiedAsync(stop));
            await _client.SendAsync(new MqttDisconnectPacket(), stop);
        }
        finally { await _end.CancelAsync(); }
    }

    /// <summary>Publishes at QoS 1; true when the broker has it and, where it says so (MQTT 5, 3.4.2.1), somebody for it.</summary>
    /// <exception cref="BridgeException">No PUBACK within 10 s; then at once, until one comes.</exception>
    public async Task<bool> PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        if (_isMute) throw new BridgeException("the one before is not acknowledged");
        var packet = new MqttPublishPacket { Topic = topic, Payload = new(payload), QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce };
        try { return await AskAsync(packet, stop) is MqttPubAckPacket { ReasonCode: MqttPubAckReasonCode.Success }; }
        catch (TimeoutException)
        {
            _isMute = true;
            throw new BridgeException($"no answer within {s_patience}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default); // what ended it was told by RunAsync
        _client.Dispose();
        _unacknowledged.Dispose();
        _end.Dispose();
    }

    private async Task Open(bool subscribe, CancellationToken stop)
    {
        await _client.ConnectAsync(broker.ClientOptions(), stop);
        await _client.SendAsync(broker.Connect(clientId, maxPacketBytes), stop);
        if (await _client.ReceiveAsync(stop) is not MqttConnAckPacket answer) throw new BridgeException("closed before it answered CONNECT");
        if (broker.IsV5 && answer.ReasonCode != MqttConnectReasonCode.Success) throw new BridgeException($"CONNECT refused: {answer.ReasonCode} {answer.ReasonString}".TrimEnd());
        if (!broker.IsV5 && answer.ReturnCode != MqttConnectReturnCode.ConnectionAccepted) throw new BridgeException($"CONNECT refused: {answer.ReturnCode}");
        if (answer.ServerKeepAlive > 0) _keepAlive = TimeSpan.FromSeconds(answer.ServerKeepAlive);
        _running = Run();
        try
        {
            if (subscribe) await Subscribe(stop);
            else await AskAsync(new MqttUnsubscribePacket { TopicFilters = [.. broker.Filters] }, stop);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            await _running; // throws why
            throw;
        }
    }

    /// <summary>At each connect, though the session be there: Mosquitto 2.0 forgets shared subscriptions when it is restarted.</summary>
    private async Task Subscribe(CancellationToken stop)
    {
        // Retained messages are no news. At 3.1.1, where this cannot be said, they are told by their flag.
        var filters = broker.Filters.Select(filter => new MqttTopicFilter
        {
            Topic = filter, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce, RetainHandling = MqttRetainHandling.DoNotSendOnSubscribe,
        }).ToList();
        if (await AskAsync(new MqttSubscribePacket { TopicFilters = filters }, stop) is not MqttSubAckPacket answer) throw new BridgeException("no answer to SUBSCRIBE");
        foreach (var (filter, reason) in filters.Zip(answer.ReasonCodes))
            if (reason > MqttSubscribeReasonCode.GrantedQoS2) throw new BridgeException($"subscription to {filter.Topic} refused: {reason}");
            else if (reason == MqttSubscribeReasonCode.GrantedQoS0) throw new BridgeException($"subscription to {filter.Topic} granted at QoS 0 only");
    }

    private async Task Run()
    {
        _lastHeard = time.GetTimestamp();
        // Each on its own: a read that finds its bytes waiting never yields.
        Task[] loops = [Task.Run(() => Read(_end.Token)), Task.Run(() => Acknowledge(_end.Token)), Task.Run(() => KeepAlive(_end.Token))];
        var first = await Task.WhenAny(loops);
        await _end.CancelAsync();
        await Task.WhenAll(loops).ContinueWith(static _ => { }, TaskScheduler.Default);
        if (_leaving) return;
        try { await first; }
        catch (ObjectDisposedException) { throw new BridgeException("the connection was lost"); } // another loop met the loss first
    }

    private async Task Read(CancellationToken stop)
    {
        while (true)
        {
            var packet = await _client.ReceiveAsync(stop) ?? throw new BridgeException("the broker closed the connection");
            _lastHeard = time.GetTimestamp();
            if (packet is MqttPubAckPacket) _isMute = false;
            switch (packet)
            {
                case MqttPublishPacket publish:
                    _taking = true;
                    if (!_leaving) await Take(publish, stop);
                    _taking = false;
                    break;
                case MqttDisconnectPacket end: throw new BridgeException($"the broker ends the connection: {end.ReasonCode} {end.ReasonString}".TrimEnd());
                case MqttPacketWithIdentifier answer when _asked.TryRemove(answer.PacketIdentifier, out var asked): asked.TrySetResult(answer); break;
            }
        }
    }

    private async Task Take(MqttPublishPacket publish, CancellationToken stop)
    {
        var isAnswered = publish.QualityOfServiceLevel != MqttQualityOfServiceLevel.AtMostOnce;
        if (isAnswered) await _unacknowledged.RoomAsync(stop);
        var payload = publish.Payload.IsSingleSegment ? publish.Payload.First : publish.Payload.ToArray();
        long position;
        while (!TryTake(publish, payload.Span, out position)) await journal.RoomAsync(stop);
        if (isAnswered) _unacknowledged.Add(position, publish.PacketIdentifier);
    }

    /// <summary>False when the journal is full.</summary>
    /// <param name="position">The commit that holds the message; 0 where there is nothing to commit.</param>
    private bool TryTake(MqttPublishPacket publish, ReadOnlySpan<byte> payload, out long position)
    {
        position = 0;
        if (publish.Retain)
        {
            metrics.Retained();
            return true;
        }
        var refusal = Intake.Judge(Encoding.UTF8.GetBytes(publish.Topic), payload, out var serial, out var kind);
        if (refusal == Refusal.None && payload.Length > maxPacketBytes) refusal = Refusal.TooLarge;
        if (refusal != Refusal.None && !Topic.IsCommand(publish.Topic))
        {
            IngestMetrics.Refused(refusal);
            metrics.Refused(refusal);
            if (refusal is not (Refusal.UnknownTopic or Refusal.BadSerial))
                journal.TryAppend(new(EntryKind.Refused, time.GetUtcNow().ToUnixTimeMilliseconds(), serial, [(byte)refusal]), null, out _);
            return true;
        }
        if (kind is not { } entry)
        {
            metrics.Passed();
            return true;
        }
        var content = Intake.Content(entry, payload, publish.CorrelationData, session: null);
        if (!journal.TryAppend(new(entry, time.GetUtcNow().ToUnixTimeMilliseconds(), serial, content), _unacknowledged, out position)) return false;
        if (entry <= EntryKind.Security) IngestMetrics.TookTheLongWay();
        metrics.Taken();
        if (entry is not (EntryKind.Offline or EntryKind.Result)) heard(Encoding.ASCII.GetString(serial), entry);
        return true;
    }

    private async Task Acknowledge(CancellationToken stop)
    {
        await foreach (var packetId in _unacknowledged.Due.ReadAllAsync(stop))
        {
            await _client.SendAsync(new MqttPubAckPacket { PacketIdentifier = packetId }, stop);
            _unacknowledged.Sent();
        }
    }

    /// <summary>A broker that says nothing is given up, but not while we are the ones who do not read.</summary>
    private async Task KeepAlive(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_keepAlive / 2, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (!_taking && time.GetElapsedTime(_lastHeard) > _keepAlive * 1.5) throw new BridgeException($"nothing heard for {_keepAlive * 1.5}");
            await _client.SendAsync(MqttPingReqPacket.Instance, stop);
        }
    }

    /// <exception cref="TimeoutException">The broker takes nothing, or does not answer, for 10 s.</exception>
    private async Task<MqttPacket> AskAsync(MqttPacketWithIdentifier packet, CancellationToken stop)
    {
        var answer = new TaskCompletionSource<MqttPacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        do packet.PacketIdentifier = (ushort)Interlocked.Increment(ref _lastPacketId);
        while (packet.PacketIdentifier == 0 || !_asked.TryAdd(packet.PacketIdentifier, answer));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _end.Token);
        try
        {
            // A packet that is half sent is not called back: the connection would be lost.
            await _client.SendAsync(packet, _end.Token).WaitAsync(s_patience, time, either.Token);
            return await answer.Task.WaitAsync(s_patience, time, either.Token);
        }
        finally { _asked.TryRemove(packet.PacketIdentifier, out _); }
    }
}

/// <summary>Why a broker cannot be bridged now.</summary>
internal sealed class BridgeException(string message) : Exception(message);
