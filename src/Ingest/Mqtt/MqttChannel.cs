using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using MQTTnet.Adapter;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// One MQTT connection on Kestrel's pipes, as MQTTnet's server sees it. Plain telemetry takes the lane: from the
/// pipe's bytes into the journal, acknowledged when it is committed. Every other packet is MQTTnet's.
/// </summary>
internal sealed class MqttChannel : CommitListener, IMqttChannelAdapter
{
    // Acknowledges nothing: MQTTnet finds no message with identifier 0. It tells its keep-alive that the client lives.
    private static readonly MqttPubAckPacket SignOfLife = new();

    private readonly ConnectionContext _connection;
    private readonly TelemetryLane _lane;
    private readonly int _maxPacketBytes;
    private readonly PipeReader _input;
    private readonly Output _output;
    private readonly Acknowledgements _acknowledgements;
    private readonly Lock _encoding = new();
    private byte[] _crossing = [];
    private long _lastPacketTicks = Environment.TickCount64;
    private long _keepAliveMs;
    private bool _laneOpen, _v5;

    private readonly CancellationToken _leaving;

    public MqttChannel(ConnectionContext connection, TelemetryLane lane, MqttOptions options)
    {
        _leaving = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        (_connection, _lane, _maxPacketBytes) = (connection, lane, options.MaxPacketBytes);
        (_input, _output) = (connection.Transport.Input, new(connection.Transport.Output));
        _acknowledgements = new(options.MaxUnacknowledged);
        PacketFormatterAdapter = new(new MqttBufferWriter(256, 64 * 1024));
    }

    /// <summary>What this session may do; set when its CONNECT was accepted.</summary>
    public Access? Access { get; set; }

    /// <summary>Its limit of messages a second, when it has one.</summary>
    public TokenBucket? Rate { get; set; }

    public X509Certificate2? ClientCertificate => _connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
    public EndPoint? RemoteEndPoint => _connection.RemoteEndPoint;
    public EndPoint? LocalEndPoint => _connection.LocalEndPoint;
    public bool IsSecureConnection => _connection.Features.Get<ITlsHandshakeFeature>() is not null;
    public MqttPacketFormatterAdapter PacketFormatterAdapter { get; }
    public long BytesReceived { get; private set; }
    public long BytesSent { get; private set; }

    public Task ConnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DisconnectAsync(CancellationToken cancellationToken)
    {
        _output.Close();
        return Task.CompletedTask;
    }

    public void ResetStatistics() => (BytesReceived, BytesSent) = (0, 0);

    public void Dispose() => _output.Close();

    /// <summary>Wakes the reader, which leaves: Kestrel stops.</summary>
    public void Leave() => _input.CancelPendingRead();

    public override void Committed(long position) => _acknowledgements.Release(position, _output);

    public async Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        // Open before the CONNACK leaves: the client may answer it faster than this method returns.
        if (packet is MqttConnAckPacket { ReasonCode: MqttConnectReasonCode.Success, ReturnCode: MqttConnectReturnCode.ConnectionAccepted }) _laneOpen = Access is not null;
        bool room;
        lock (_encoding)
        {
            var encoded = PacketFormatterAdapter.Encode(packet);
            var joined = encoded.Join();
            room = true;
            if (packet is MqttPubAckPacket ack && _acknowledgements.TryTakeIn(ack.PacketIdentifier, joined)) _acknowledgements.Release(0, _output);
            else room = _output.Write(joined);
            BytesSent += joined.Count;
            PacketFormatterAdapter.Cleanup();
        }
        if (!room) await _output.DrainedAsync(cancellationToken);
    }

    public async Task<MqttPacket?> ReceivePacketAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var read = await _input.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                if (_leaving.IsCancellationRequested)
                {
                    SayWhyClosing(MqttDisconnectReasonCode.ServerShuttingDown);
                    return null;
                }
                var before = buffer.Length;
                MqttPacket? packet;
                Pause pause;
                try { packet = Consume(ref buffer, out pause); }
                catch { _input.AdvanceTo(buffer.End); throw; }
                BytesReceived += before - buffer.Length;
                _input.AdvanceTo(buffer.Start, packet is null && pause == Pause.None ? buffer.End : buffer.Start);
                if (packet is not null) return Returning(packet);
                if (pause != Pause.None) await Wait(pause, cancellationToken);
                else if (read.IsCompleted) return null;
                if (IsSignOfLifeDue()) return Returning(SignOfLife);
            }
        }
        catch (MalformedException e)
        {
            SayWhyClosing(e.Reason);
            throw;
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException or IOException)
        {
            throw new MqttCommunicationException(e);
        }
    }

    /// <summary>Takes packets off the buffer until one is MQTTnet's, something must be waited for, or no whole packet is left.</summary>
    private MqttPacket? Consume(ref ReadOnlySequence<byte> buffer, out Pause pause)
    {
        pause = Pause.None;
        while (!buffer.IsEmpty)
        {
            var span = buffer.FirstSpan;
            var used = 0;
            while (TryReadFrame(span[used..], out var frame) && frame.TotalBytes <= span.Length - used)
            {
                var packet = Take(frame, span.Slice(used, frame.TotalBytes), out pause);
                if (pause == Pause.None) used += frame.TotalBytes;
                if (packet is null && pause == Pause.None) continue;
                buffer = buffer.Slice(used);
                return packet;
            }
            buffer = buffer.Slice(used);
            if (used > 0) continue; // a slice that ends a segment stands in the next one, which has not been looked at
            if (buffer.IsSingleSegment || !TryJoin(buffer, out var crossing, out var joined)) return null;
            var crossed = Take(crossing, joined, out pause);
            if (pause != Pause.None) return null;
            buffer = buffer.Slice(crossing.TotalBytes);
            if (crossed is not null) return crossed;
        }
        return null;
    }

    /// <summary>Brings a packet that lies across the pipe's segments together; false when it is not all there yet.</summary>
    private bool TryJoin(in ReadOnlySequence<byte> buffer, out Frame frame, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        Span<byte> head = stackalloc byte[5];
        var headBytes = (int)Math.Min(buffer.Length, head.Length);
        buffer.Slice(0, headBytes).CopyTo(head);
        if (!TryReadFrame(head[..headBytes], out frame) || buffer.Length < frame.TotalBytes) return false;
        if (_crossing.Length < frame.TotalBytes) _crossing = new byte[Math.Max(1024, frame.TotalBytes)];
        buffer.Slice(0, frame.TotalBytes).CopyTo(_crossing);
        packet = _crossing.AsSpan(0, frame.TotalBytes);
        return true;
    }

    private bool TryReadFrame(ReadOnlySpan<byte> from, out Frame frame)
    {
        if (!Frame.TryRead(from, out frame)) return false;
        if (frame.TotalBytes <= _maxPacketBytes) return true;
        IngestMetrics.Refused(Grains.Reports.Refusal.TooLarge);
        throw new MalformedException(MqttDisconnectReasonCode.PacketTooLarge,
            $"a packet has {frame.TotalBytes} bytes; Mqtt:MaxPacketBytes is {_maxPacketBytes}");
    }

    private MqttPacket? Take(in Frame frame, ReadOnlySpan<byte> packet, out Pause pause)
    {
        pause = Pause.None;
        if (_laneOpen && _output.IsFull) // any packet is answered: who does not read the answers is not read
        {
            pause = Pause.Output;
            return null;
        }
        if (!_laneOpen || !frame.IsPublish) return Decode(frame, packet);
        pause = frame.Qos == 1 && _acknowledgements.IsFull ? Pause.Acknowledgements
            : Rate is { } rate && !rate.TryTake() ? Pause.Rate
            : Pause.None;
        if (pause != Pause.None) return null;
        if (!Publish.TryReadPlain(frame, packet, _v5, out var publish) || !_lane.Accepts(Access!, publish, out var serial, out var section))
            return Expecting(Decode(frame, packet));
        if (!_lane.TryAppend(section, serial, publish.Payload, this, out var position))
        {
            Rate?.GiveBack();
            pause = Pause.Journal;
        }
        else if (frame.Qos > 0 && _acknowledgements.Add(position, publish.PacketId)) Committed(position);
        return null;
    }

    private MqttPacket Expecting(MqttPacket packet)
    {
        if (packet is MqttPublishPacket { QualityOfServiceLevel: MqttQualityOfServiceLevel.AtLeastOnce } publish) _acknowledgements.Expect(publish.PacketIdentifier);
        return packet;
    }

    private MqttPacket Decode(in Frame frame, ReadOnlySpan<byte> packet)
    {
        var received = new ReceivedMqttPacket(frame.First, new(packet[frame.HeaderBytes..].ToArray()), frame.TotalBytes);
        MqttPacket decoded;
        try
        {
            if (PacketFormatterAdapter.ProtocolVersion == MqttProtocolVersion.Unknown) PacketFormatterAdapter.DetectProtocolVersion(received);
            decoded = PacketFormatterAdapter.Decode(received);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or MalformedException))
        {
            throw new MalformedException(MqttDisconnectReasonCode.MalformedPacket, $"a packet of type {frame.First >> 4} is malformed: {e.Message}");
        }
        if (decoded is MqttConnectPacket connect) Prepare(connect);
        return decoded;
    }

    private void Prepare(MqttConnectPacket connect)
    {
        _v5 = PacketFormatterAdapter.ProtocolVersion == MqttProtocolVersion.V500;
        _keepAliveMs = connect.KeepAlivePeriod * 1000L;
        // MQTTnet refuses an empty client identifier at 3.1.1, which a server must accept with Clean Session 1 [MQTT-3.1.3-6].
        if (!_v5 && connect.CleanSession && string.IsNullOrEmpty(connect.ClientId)) connect.ClientId = $"anonymous-{Guid.NewGuid():n}";
    }

    private MqttPacket Returning(MqttPacket packet)
    {
        _lastPacketTicks = Environment.TickCount64;
        return packet;
    }

    // A quarter: with one whole period of rightful silence after it MQTTnet still sees less than its 1.5 periods.
    private bool IsSignOfLifeDue() => _laneOpen && _keepAliveMs > 0 && Environment.TickCount64 - _lastPacketTicks > _keepAliveMs / 4;

    /// <summary>Waits until reading may go on, but not so long that MQTTnet takes a peer whom we do not read for dead.</summary>
    private async Task Wait(Pause pause, CancellationToken stop)
    {
        var over = pause switch
        {
            Pause.Journal => _lane.RoomAsync(stop),
            Pause.Acknowledgements => _acknowledgements.RoomAsync(stop),
            Pause.Output => _output.DrainedAsync(stop),
            _ => Rate!.RefilledAsync(stop),
        };
        var patience = _keepAliveMs > 0 ? TimeSpan.FromMilliseconds(_keepAliveMs / 4 + 1) : Timeout.InfiniteTimeSpan;
        await over.WaitAsync(patience, _leaving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void SayWhyClosing(MqttDisconnectReasonCode reason)
    {
        // DISCONNECT from the server is MQTT 5's, and only after a CONNACK (MQTT 5, 3.14).
        if (_v5 && _laneOpen) _output.Write([0xE0, 0x01, (byte)reason]);
    }

    /// <summary>Why reading pauses: nothing is lost, the peer is slowed.</summary>
    private enum Pause : byte { None, Journal, Acknowledgements, Output, Rate }
}
