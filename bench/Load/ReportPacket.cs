using System.Buffers.Binary;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>
/// The PUBLISH of a believable report, built once; a message is a copy of it with a few digits patched. All numbers that
/// change have a fixed width (they count from a million), so nothing moves and nothing is formatted.
/// </summary>
internal sealed class ReportPacket
{
    /// <summary>Sequence numbers and counters start here, for their seven digits.</summary>
    public const int FirstCount = 1_000_000;

    private const string Payload =
        """{"at":0000000000000,"seq":0000000,"heartbeat":{"uptime":1000000,"interval":60},"printer":{"state":"ok","paper":0.85,"lines":0000000,"cuts":1000812,"faults":2},"signal":{"link":"cellular","rat":"lte","rssi":-61,"rsrp":-88,"snr":14.5,"cell":"460-00-1234-567890"},"reader":{"swipe":{"ok":0000000,"failed":3,"cards":3}}}""";

    private readonly byte[] _packet = Packet($"fleet/v1/{Serial(0)}/report", Payload);
    private readonly int _serial, _id, _at, _seq, _uptime, _lines, _reads;

    public ReportPacket()
    {
        _serial = Find("/v1/B"u8);
        _id = Find("/report"u8);
        _at = Find("\"at\":"u8);
        _seq = Find("\"seq\":"u8);
        _uptime = Find("\"uptime\":"u8);
        _lines = Find("\"lines\":"u8);
        _reads = Find("\"swipe\":{\"ok\":"u8);
    }

    public int Length => _packet.Length;

    public static string Serial(int terminal) => $"B{terminal:D7}";

    /// <summary>A PUBLISH, QoS 1, with room for its packet identifier right after the topic (MQTT 3.1.1 section 3.3).</summary>
    public static byte[] Packet(string topic, string payload, ushort packetId = 0)
    {
        var remaining = 2 + topic.Length + 2 + payload.Length;
        byte[] head = remaining < 128
            ? [0x32, (byte)remaining, 0, (byte)topic.Length]
            : [0x32, (byte)(remaining % 128 | 128), (byte)(remaining / 128), 0, (byte)topic.Length];
        return [.. head, .. Encoding.UTF8.GetBytes(topic), (byte)(packetId >> 8), (byte)packetId, .. Encoding.UTF8.GetBytes(payload)];
    }

    /// <summary>The time that all messages carry until the next call.</summary>
    public void SetTime(long atMs, long uptimeSeconds)
    {
        Patch(_packet.AsSpan(_at, 13), atMs);
        Patch(_packet.AsSpan(_uptime, 7), FirstCount + uptimeSeconds);
    }

    /// <param name="number">Which message of this terminal, from 1.</param>
    public void Write(Span<byte> to, int terminal, int number, ushort packetId)
    {
        _packet.CopyTo(to);
        Patch(to.Slice(_serial, 7), terminal);
        BinaryPrimitives.WriteUInt16BigEndian(to[_id..], packetId);
        Patch(to.Slice(_seq, 7), FirstCount + number);
        Patch(to.Slice(_lines, 7), FirstCount + number * 7L);
        Patch(to.Slice(_reads, 7), FirstCount + number);
    }

    private static void Patch(Span<byte> digits, long value)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }

    private int Find(ReadOnlySpan<byte> after)
    {
        var at = _packet.AsSpan().IndexOf(after);
        return at >= 0 ? at + after.Length : throw new InvalidOperationException($"The report has no {Encoding.UTF8.GetString(after)}.");
    }
}
