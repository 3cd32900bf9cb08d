using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Tests.Shared;

/// <summary>What goes wrong with a terminal's paper.</summary>
internal enum PaperTrouble
{
    None,
    /// <summary>The roll runs out and nobody changes it.</summary>
    Out,
    /// <summary>The roll runs out and is changed ten reports later.</summary>
    OutAndChanged,
}

/// <summary>
/// A terminal that never gives a report up: it numbers them from 1, keeps each until it is acknowledged, and sends what
/// was not acknowledged again, the same and in order, to the next node that answers. So what the fleet must have in the
/// end is exactly all numbers from 1 to <see cref="Sent"/>. At QoS 2 it keeps its session and its packet identifiers, and
/// a PUBREC is the acknowledgement: from then on the message is the server's, and is never sent again [MQTT-4.3.3-1].
/// </summary>
/// <param name="qos">1 or 2.</param>
internal sealed class CarefulTerminal(string serial, int home, PaperTrouble trouble, int qos = 1)
{
    private const int Window = 32;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer without an acknowledgement, and it looks for another node.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    private readonly Queue<Unacknowledged> _waiting = new();
    private readonly List<ushort> _released = []; // QoS 2: PUBREC is here, PUBCOMP is not
    private readonly TimeProvider _clock = TimeProvider.System;
    private long _lastAtMs, _longestWait;
    private volatile int _home = home;
    private volatile bool _wantsPaperOut;
    private long _paperOutSeq;
    private ushort _packetId;

    private sealed record Unacknowledged(long Seq, byte[] Payload, long FirstSent)
    {
        public ushort PacketId { get; set; }
        public long LastSent { get; set; }
    }

    public string Serial => serial;

    /// <summary>What it says its interval is: the server finds it silent after three.</summary>
    public int IntervalSeconds { get; init; } = 60;
    public PaperTrouble Trouble => trouble;

    /// <summary>The highest number given to a report.</summary>
    public long Sent { get; private set; }

    /// <summary>The index of the node it is with, or looks for first.</summary>
    public int Home { get => _home; set => _home = value; }

    public long Acknowledged { get; private set; }

    /// <summary>When it was last acknowledged, as <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long LastAcknowledged { get; private set; }

    /// <summary>The longest time from the first sending of a report to its acknowledgement since it was asked last.</summary>
    public TimeSpan TakeLongestWait() => _clock.GetElapsedTime(0, Interlocked.Exchange(ref _longestWait, 0));

    /// <summary>From the next report on there is no paper.</summary>
    public void RunOutOfPaper() => _wantsPaperOut = true;

    /// <summary>Reports every <paramref name="period"/> until told to end, then until everything is acknowledged.</summary>
    public async Task RunAsync(IReadOnlyList<int> ports, TimeSpan period, Func<bool> ended, CancellationToken stop)
    {
        while (!(ended() && IsDone))
        {
            var node = _home;
            try
            {
                using var connection = await QosConnection.OpenAsync(ports[node], serial, clean: qos == 1, stop);
                await TalkAsync(connection, node, period, ended, stop);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Interlocked.CompareExchange(ref _home, (node + 1) % ports.Count, node);
                await Task.Delay(s_pause, stop);
            }
        }
    }

    private bool IsDone { get { lock (_waiting) return _waiting.Count == 0 && _released.Count == 0; } }

    private async Task TalkAsync(QosConnection connection, int node, TimeSpan period, Func<bool> ended, CancellationToken stop)
    {
        Unacknowledged[] again;
        ushort[] releasedAgain;
        lock (_waiting)
        {
            if (!connection.IsSessionPresent) _released.Clear(); // the server knows nothing of them any more
            (again, releasedAgain) = ([.. _waiting], [.. _released]);
            if (qos == 1)
            {
                _packetId = 0;
                foreach (var report in again) report.PacketId = ++_packetId;
            }
        }
        var reading = ReadAsync(connection, stop);
        try
        {
            foreach (var packetId in releasedAgain) await connection.ReleaseAsync(packetId, stop);
            foreach (var report in again) await Send(report, isAgain: true);
            while (_home == node && !reading.IsCompleted)
            {
                Unacknowledged? next = null, oldest;
                lock (_waiting)
                {
                    if (ended() && _waiting.Count == 0 && _released.Count == 0) return;
                    if (!ended() && _waiting.Count < Window && _released.Count < Window) _waiting.Enqueue(next = Next());
                    _waiting.TryPeek(out oldest);
                }
                if (oldest is not null && oldest != next && _clock.GetElapsedTime(oldest.LastSent) > s_patience) throw new IOException("No acknowledgement in time.");
                if (next is not null) await Send(next, isAgain: false);
                await Task.Delay(period, stop);
            }
            if (reading.IsCompleted) await reading;
        }
        finally
        {
            connection.Dispose();
            await reading.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        Task Send(Unacknowledged report, bool isAgain)
        {
            report.LastSent = _clock.GetTimestamp();
            return connection.PublishAsync($"fleet/v1/{serial}/report", report.PacketId, qos, isAgain, report.Payload, stop);
        }
    }

    private async Task ReadAsync(QosConnection connection, CancellationToken stop)
    {
        while (true)
        {
            var (answer, packetId) = await connection.AnswerAsync(stop);
            lock (_waiting)
            {
                if (answer == Answer.PubComp)
                {
                    if (!_released.Remove(packetId)) throw new InvalidDataException($"{serial}: PUBCOMP {packetId} of nothing released.");
                    continue;
                }
                // In the order they were sent (MQTT 3.1.1, 4.6).
                if (answer != (qos == 1 ? Answer.PubAck : Answer.PubRec) || !_waiting.TryDequeue(out var report) || report.PacketId != packetId)
                    throw new InvalidDataException($"{serial}: {answer} {packetId} is not what was next.");
                Acknowledged++;
                LastAcknowledged = _clock.GetTimestamp();
                _longestWait = Math.Max(_longestWait, LastAcknowledged - report.FirstSent);
                if (qos == 2) _released.Add(packetId);
            }
            if (answer == Answer.PubRec) await connection.ReleaseAsync(packetId, stop);
        }
    }

    private Unacknowledged Next()
    {
        _packetId = (ushort)(_packetId == ushort.MaxValue ? 1 : _packetId + 1);
        var seq = ++Sent;
        if (_wantsPaperOut && _paperOutSeq == 0) _paperOutSeq = seq;
        var isOut = _paperOutSeq != 0 && (trouble == PaperTrouble.Out || seq < _paperOutSeq + 10);
        _lastAtMs = Math.Max(_lastAtMs + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        var payload = string.Create(CultureInfo.InvariantCulture,
            $$$"""{"at":{{{_lastAtMs}}},"seq":{{{seq}}},"heartbeat":{"uptime":{{{seq}}},"interval":{{{IntervalSeconds}}}},"printer":{"state":"{{{(isOut ? "paper-out" : "ok")}}}"}}""");
        var now = _clock.GetTimestamp();
        return new(seq, Encoding.ASCII.GetBytes(payload), now) { PacketId = _packetId, LastSent = now };
    }
}
