using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Fleet.House_Tests.Running;

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
/// end is exactly all numbers from 1 to <see cref="Sent"/>.
/// </summary>
internal sealed class CarefulTerminal(string serial, int home, PaperTrouble trouble)
{
    private const int Window = 32;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer without an acknowledgement, and it looks for another node.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    private readonly Queue<Unacknowledged> _waiting = new();
    private readonly TimeProvider _clock = TimeProvider.System;
    private long _lastAtMs, _longestWait;
    private volatile int _home = home;
    private volatile bool _wantsPaperOut;
    private long _paperOutSeq;

    private sealed record Unacknowledged(long Seq, byte[] Payload, long FirstSent)
    {
        public ushort PacketId { get; set; }
        public long LastSent { get; set; }
    }

    public string Serial => serial;
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
        while (!(ended() && _waiting.Count == 0))
        {
            var node = _home;
            try
            {
                using var connection = await QosOneConnection.OpenAsync(ports[node], serial, stop);
                await TalkAsync(connection, node, period, ended, stop);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Interlocked.CompareExchange(ref _home, (node + 1) % ports.Count, node);
                await Task.Delay(s_pause, stop);
            }
        }
    }

    private async Task TalkAsync(QosOneConnection connection, int node, TimeSpan period, Func<bool> ended, CancellationToken stop)
    {
        ushort packetId = 0;
        Unacknowledged[] again;
        lock (_waiting) again = [.. _waiting];
        foreach (var report in again) report.PacketId = ++packetId;
        var reading = ReadAsync(connection, stop);
        try
        {
            foreach (var report in again) await Send(report, isAgain: true);
            while (_home == node && !reading.IsCompleted)
            {
                Unacknowledged? next = null, oldest;
                lock (_waiting)
                {
                    if (ended() && _waiting.Count == 0) return;
                    if (!ended() && _waiting.Count < Window) _waiting.Enqueue(next = Next(packetId = (ushort)(packetId == ushort.MaxValue ? 1 : packetId + 1)));
                    oldest = _waiting.Peek();
                }
                if (oldest != next && _clock.GetElapsedTime(oldest.LastSent) > s_patience) throw new IOException("No acknowledgement in time.");
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
            return connection.PublishAsync($"fleet/v1/{serial}/report", report.PacketId, isAgain, report.Payload, stop);
        }
    }

    private async Task ReadAsync(QosOneConnection connection, CancellationToken stop)
    {
        while (true)
        {
            var packetId = await connection.AcknowledgedAsync(stop);
            lock (_waiting)
            {
                // In the order they were sent (MQTT 3.1.1, 4.6).
                if (!_waiting.TryDequeue(out var report) || report.PacketId != packetId)
                    throw new InvalidDataException($"{serial}: PUBACK {packetId} where {report?.PacketId} was next.");
                Acknowledged++;
                LastAcknowledged = _clock.GetTimestamp();
                _longestWait = Math.Max(_longestWait, LastAcknowledged - report.FirstSent);
            }
        }
    }

    private Unacknowledged Next(ushort packetId)
    {
        var seq = ++Sent;
        if (_wantsPaperOut && _paperOutSeq == 0) _paperOutSeq = seq;
        var isOut = _paperOutSeq != 0 && (trouble == PaperTrouble.Out || seq < _paperOutSeq + 10);
        _lastAtMs = Math.Max(_lastAtMs + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        var payload = string.Create(CultureInfo.InvariantCulture,
            $$$"""{"at":{{{_lastAtMs}}},"seq":{{{seq}}},"heartbeat":{"uptime":{{{seq}}},"interval":60},"printer":{"state":"{{{(isOut ? "paper-out" : "ok")}}}"}}""");
        var now = _clock.GetTimestamp();
        return new(seq, Encoding.ASCII.GetBytes(payload), now) { PacketId = packetId, LastSent = now };
    }
}
