using Fleet.Bench.Load;

namespace Fleet.Bench.Fuzz;

/// <summary>What one connection after the other says as a terminal: a CONNECT, then mutated packets with a PINGREQ behind each.</summary>
internal sealed class FuzzStream(int terminal)
{
    /// <summary>Mutated packets of one connection: every second or third is refused and ends it.</summary>
    public const int Packets = 8;

    private readonly byte[][][] _sound = [SoundPackets.Of(ReportPacket.Serial(terminal), v5: false), SoundPackets.Of(ReportPacket.Serial(terminal), v5: true)];

    public byte[] Next(Random random)
    {
        var v5 = random.Next(2);
        var packets = _sound[v5];
        var stream = new List<byte>(random.Next(16) switch
        {
            0 => [], // no CONNECT at all
            1 or 2 => Damaged(v5 == 1, random),
            _ => SoundPackets.Connect(ReportPacket.Serial(terminal), Passwords.Of(terminal), v5 == 1, random.Next(4) == 0),
        });
        for (var i = 0; i < Packets; i++)
        {
            stream.AddRange(Mutation.Of(packets[random.Next(packets.Length)], packets[random.Next(packets.Length)], random));
            stream.AddRange(SoundPackets.PingReq);
        }
        return [.. stream];
    }

    /// <summary>Bytes in so many pieces, at most.</summary>
    public static IEnumerable<byte[]> Cut(byte[] bytes, int pieces, Random random)
    {
        var at = 0;
        for (; pieces > 1 && at < bytes.Length - 1; pieces--)
        {
            var end = random.Next(at + 1, bytes.Length);
            yield return bytes[at..end];
            at = end;
        }
        yield return bytes[at..];
    }

    /// <summary>A CONNECT that is damaged and accepted may keep a session: that is a terminal of its own, which nobody else uses.</summary>
    private byte[] Damaged(bool v5, Random random)
    {
        var serial = FuzzTally.ConnectTerminals[random.Next(FuzzTally.ConnectTerminals.Length)];
        return Mutation.Of(
            SoundPackets.Connect(ReportPacket.Serial(serial), Passwords.Of(serial), v5, random.Next(2) == 0),
            SoundPackets.Connect(ReportPacket.Serial(terminal), Passwords.Of(terminal), v5, withWill: true), random);
    }
}
