using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt.Packets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// One MQTT connection on Kestrel's pipes: its bytes, in and out. Plain telemetry takes the lane: from the pipe's bytes
/// into the journal, acknowledged when it is committed. How it begins stands in
/// Connection.Connect.cs, what every other packet does in Connection.Packets.cs.
/// </summary>
internal sealed partial class Connection : CommitListener
{
    /// <summary>How long a peer may take to read its last packets.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(10);

    private readonly ConnectionContext _context;
    private readonly Broker _broker;
    private readonly TelemetryLane _lane;
    private readonly MqttOptions _options;
    private readonly TimeProvider _time;
    private readonly PipeReader _input;
    private readonly Output _output;
    private readonly Acknowledgements _acknowledgements;
    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _heardAt;

    /// <summary>
    /// How many of the bytes in the pipe were looked at before. They are never called unseen again: the pipe would count
    /// them anew, and where that takes it past its limit it has none, for it stops its writer only as the writer passes it.
    /// </summary>
    private long _seen;
    private TimeSpan _patience;
    private int _closed;
    private volatile bool _isPaused;

    public Connection(ConnectionContext context, Broker broker, TelemetryLane lane, MqttOptions options, TimeProvider time)
    {
        (_context, _broker, _lane, _options, _time) = (context, broker, lane, options, time);
        (_input, _output) = (context.Transport.Input, new(Outlet.Of(context), () => Session?.Drained()));
        _acknowledgements = new(options.MaxUnacknowledged);
        (_heardAt, _patience) = (time.GetTimestamp(), options.ConnectTimeout);
    }

    /// <summary>What this session may do; null before it is let in.</summary>
    public Access? Access { get; private set; }

    /// <summary>The number that its session got with it (<see cref="Sessions.Session.Number"/>).</summary>
    public long SessionNumber { get; private set; }

    /// <summary>Its limit of messages a second, when it has one.</summary>
    public TokenBucket? Rate { get; set; }

    public IPAddress? Address => (_context.RemoteEndPoint as IPEndPoint)?.Address;

    public System.Security.Cryptography.X509Certificates.X509Certificate2? Certificate => _context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    /// <summary>Whether the peer reads what it is sent.</summary>
    public bool HasRoom => !_output.IsFull;

    /// <summary>It is let in: the session is its own until it ends, or another takes the session over.</summary>
    public void Enter(Sessions.Session session, Access access, long number) => (Session, Access, SessionNumber) = (session, access, number);

    public override void Committed(long position) => _acknowledgements.Release(position, _output);

    /// <summary>Ends the connection, for a reason that a client of version 5 is told; may be called from anywhere, again and again.</summary>
    public void Close(MqttDisconnectReasonCode reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1) return;
        SayWhy(reason);
        _closing.TrySetResult();
        _input.CancelPendingRead();
    }

    /// <summary>Closes it when the peer has been silent for longer than it may [MQTT-3.1.2-22], or does not say CONNECT.</summary>
    public void CheckAlive()
    {
        if (_isPaused || _patience <= TimeSpan.Zero || _time.GetElapsedTime(Volatile.Read(ref _heardAt)) < _patience) return;
        if (Access is null) IngestMetrics.ConnectRefused("no-connect");
        Close(MqttDisconnectReasonCode.KeepAliveTimeout);
    }

    /// <summary>Serves the connection to its end.</summary>
    public async Task RunAsync()
    {
        try { await ReadAsync(); }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException or IOException) { } // the peer has gone
        finally
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // whoever ended it may hold locks
            if (Session is { } session) await _broker.EndAsync(this, session, withWill: !_hasTakenLeave);
            await _output.DrainedAsync(default).WaitAsync(s_farewell, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await LingerAsync();
            _output.Close();
        }
    }

    private async Task ReadAsync()
    {
        while (Volatile.Read(ref _closed) == 0)
        {
            var read = await _input.ReadAsync();
            var buffer = read.Buffer;
            MqttConnectPacket? connect;
            Pause pause;
            try { connect = Consume(ref buffer, out pause); }
            catch
            {
                _input.AdvanceTo(buffer.End);
                throw;
            }
            if (!buffer.Start.Equals(read.Buffer.Start)) Volatile.Write(ref _heardAt, _time.GetTimestamp()); // packets count, not bytes [MQTT-3.1.2-22]
            var isWanting = connect is null && pause == Pause.None;
            _seen = isWanting ? buffer.Length : Math.Max(0, _seen - (read.Buffer.Length - buffer.Length));
            _input.AdvanceTo(buffer.Start, isWanting ? buffer.End : buffer.GetPosition(_seen));
            if (connect is not null) await ConnectAsync(connect);
            else if (pause != Pause.None) await Wait(pause);
            else if (read.IsCompleted)
            {
                // Whoever has only closed its own side still gets its answers.
                await _acknowledgements.EmptyAsync().WaitAsync(s_farewell, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }
        }
    }

    /// <summary>Takes packets off the buffer until there is a CONNECT, something must be waited for, or no whole packet is left.</summary>
    private MqttConnectPacket? Consume(ref ReadOnlySequence<byte> buffer, out Pause pause)
    {
        pause = Pause.None;
        while (!buffer.IsEmpty)
        {
            var span = buffer.FirstSpan;
            var used = 0;
            while (Volatile.Read(ref _closed) == 0 && TryReadFrame(span[used..], out var frame) && frame.TotalBytes <= span.Length - used)
            {
                var connect = Take(frame, span.Slice(used, frame.TotalBytes), out pause);
                if (pause == Pause.None) used += frame.TotalBytes;
                if (connect is null && pause == Pause.None) continue;
                buffer = buffer.Slice(used);
                return connect;
            }
            buffer = buffer.Slice(used);
            if (used > 0) continue; // a slice that ends a segment stands in the next one, which has not been looked at
            if (Volatile.Read(ref _closed) == 1 || buffer.IsSingleSegment || !TryJoin(buffer, out var crossing, out var joined)) return null;
            MqttConnectPacket? crossed;
            try { crossed = Take(crossing, joined.AsSpan(0, crossing.TotalBytes), out pause); }
            finally { ArrayPool<byte>.Shared.Return(joined); }
            if (pause != Pause.None) return null;
            buffer = buffer.Slice(crossing.TotalBytes);
            if (crossed is not null) return crossed;
        }
        return null;
    }

    /// <summary>Brings a packet that lies across the pipe's segments together; false when it is not all there yet.</summary>
    /// <param name="packet">Rented.</param>
    private bool TryJoin(in ReadOnlySequence<byte> buffer, out Frame frame, out byte[] packet)
    {
        packet = [];
        Span<byte> head = stackalloc byte[5];
        var headBytes = (int)Math.Min(buffer.Length, head.Length);
        buffer.Slice(0, headBytes).CopyTo(head);
        if (!TryReadFrame(head[..headBytes], out frame) || buffer.Length < frame.TotalBytes) return false;
        packet = ArrayPool<byte>.Shared.Rent(frame.TotalBytes);
        buffer.Slice(0, frame.TotalBytes).CopyTo(packet);
        return true;
    }

    private bool TryReadFrame(ReadOnlySpan<byte> from, out Frame frame)
    {
        if (!Frame.TryRead(from, out frame)) return false;
        var most = Access is null ? Math.Min(MostConnectBytes, _options.MaxPacketBytes) : _options.MaxPacketBytes;
        if (!frame.IsSound) Break(new(MqttDisconnectReasonCode.MalformedPacket, "a Remaining Length has more than four bytes [MQTT-1.5.5-1]"));
        else if (Access is null && frame.Type != PacketType.Connect) Break(new(MqttDisconnectReasonCode.ProtocolError, "the first packet is no CONNECT [MQTT-3.1.0-1]"));
        else if (frame.TotalBytes <= most) return true;
        else
        {
            _broker.NoteRefused(Access, Grains.Reports.Refusal.TooLarge);
            Break(new(MqttDisconnectReasonCode.PacketTooLarge, "a packet is larger than Mqtt:MaxPacketBytes, or a CONNECT than 16 KiB"));
        }
        return false;
    }

    /// <summary>A packet breaks the protocol: nothing of it is done, and the connection is closed.</summary>
    private void Break(Breach breach)
    {
        IngestMetrics.Malformed(breach.Reason);
        _broker.LogBreach(Address, breach.Reason, breach.What);
        Close(breach.Reason);
    }

    private MqttConnectPacket? Take(in Frame frame, ReadOnlySpan<byte> packet, out Pause pause)
    {
        pause = Pause.None;
        if (Access is null) return TakeFirst(frame, packet);
        if (_output.IsFull) // any packet is answered: who does not read the answers is not read
        {
            pause = Pause.Output;
            return null;
        }
        if (frame.Type != PacketType.Publish)
        {
            if (frame.Type is PacketType.Subscribe or PacketType.Unsubscribe && Rate?.TryTake() == false) pause = Pause.Rate;
            else Handle(frame, packet);
            return null;
        }
        pause = frame.Qos > 0 && _acknowledgements.IsFull ? Pause.Acknowledgements
            : Rate is { } rate && !rate.TryTake() ? Pause.Rate
            : Pause.None;
        if (pause == Pause.Acknowledgements && _isV5)
        {
            pause = Pause.None;
            Break(s_tooManyAtOnce);
            return null;
        }
        if (pause != Pause.None) return null;
        pause = Publish.TryReadPlain(frame, packet, _isV5, out var publish) && _lane.Accepts(Access!, publish, out var serial, out var section)
            ? TakeLane(serial, section, publish, frame.Qos)
            : TakePublish(frame, packet);
        if (pause != Pause.None) Rate?.GiveBack();
        return null;
    }

    private Pause TakeLane(ReadOnlySpan<byte> serial, Grains.Reports.Section section, in Publish publish, int qos)
    {
        if (!_lane.TryAppend(section, serial, publish.Payload, this, out var position)) return Pause.Journal;
        if (qos > 0) Answer(position, publish.PacketId);
        return Pause.None;
    }

    /// <summary>Answers a message when it is committed, and those before it are answered.</summary>
    private void Answer(long position, ushort packetId, byte[]? answer = null)
    {
        if (_acknowledgements.Add(position, packetId, answer)) Committed(position);
    }

    /// <summary>Waits until reading may go on. A peer whom we do not read is not taken for dead.</summary>
    private async Task Wait(Pause pause)
    {
        var over = pause switch
        {
            Pause.Journal => _lane.RoomAsync(default),
            Pause.Acknowledgements => _acknowledgements.RoomAsync(default),
            Pause.Output => _output.DrainedAsync(default),
            Pause.Commit => Task.Delay(s_moment, _time),
            Pause.Store => _keeping!,
            _ => Rate!.RefilledAsync(default),
        };
        _isPaused = pause != Pause.Output; // who does not read us may well be dead
        await Task.WhenAny(over, _closing.Task);
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        _isPaused = false;
    }

    /// <summary>Why reading pauses: nothing is lost, the peer is slowed.</summary>
    private enum Pause : byte { None, Journal, Acknowledgements, Output, Rate, Commit, Store }
}
