using System.Buffers.Binary;
using System.Collections.Concurrent;
using HdrHistogram;

namespace Fleet.Bench.Load;

/// <summary>
/// Terminals that run out of paper and get a new roll, in turn: each <c>paper-out</c> must come back as a push. Sent on the
/// load's thread; told of arrivals on the listener's.
/// </summary>
internal sealed class PaperOuts(int terminals, double rate, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, long> _waiting = new();
    private readonly LongHistogram _latencies = new(TimeSpan.FromMinutes(5).Ticks * 100, 3);
    private long _due;

    /// <summary>How many raises were sent, and how many came back as a push.</summary>
    public (long Sent, long Arrived) Counts => (Interlocked.Read(ref _sent), Interlocked.Read(ref _arrived));
    private long _sent, _arrived;

    public static string Serial(long terminal) => $"E{terminal:D7}";

    /// <summary>Sends the events that are due, and returns how many went out.</summary>
    public int SendDue(MqttConnection connection, long origin, long elapsed, long atMs)
    {
        var count = 0;
        var perTick = rate / clock.TimestampFrequency;
        for (; _due < elapsed * perTick && connection.Free > 0; _due++, count++)
        {
            var serial = Serial(_due % terminals);
            var round = _due / terminals;
            var isOut = round % 2 == 0;
            var intended = origin + (long)(_due / perTick);
            if (isOut)
            {
                _waiting[serial] = intended;
                Interlocked.Increment(ref _sent);
            }
            var packet = ReportPacket.Packet($"fleet/v1/{serial}/event",
                $$$"""{"at":{{{atMs}}},"seq":{{{round + 1}}},"printer":{"state":"{{{(isOut ? "paper-out" : "ok")}}}","paper":{{{(isOut ? 0 : 1)}}}}}""");
            var room = connection.Publish(packet.Length, intended, out var id);
            packet.CopyTo(room);
            var identifier = packet.AsSpan().IndexOf("/event"u8) + "/event"u8.Length;
            BinaryPrimitives.WriteUInt16BigEndian(room[identifier..], id);
        }
        return count;
    }

    /// <summary>A push said that this terminal's alert was raised.</summary>
    public void Raised(string serial)
    {
        if (!_waiting.TryRemove(serial, out var intended)) return;
        Interlocked.Increment(ref _arrived);
        lock (_latencies) _latencies.RecordValue(Math.Min(clock.GetTimestamp() - intended, _latencies.HighestTrackableValue));
    }

    /// <summary>A share of pushes arrived within this time; null when none did.</summary>
    public TimeSpan? Percentile(double percentile)
    {
        lock (_latencies)
            return _latencies.TotalCount == 0 ? null : clock.GetElapsedTime(0, _latencies.GetValueAtPercentile(percentile));
    }
}
