namespace Fleet.Bench.Fuzz;

/// <summary>What is done to sound packets: the damage that hides inside a whole packet, and the damage to the stream itself.</summary>
internal static class Mutation
{
    private static readonly byte[] s_edges = [0, 1, 0x7F, 0x80, 0xFE, 0xFF];

    /// <summary>A mutated packet; in eight of ten its length still says the truth, so that what follows it is read, in half of those only its end is damaged.</summary>
    /// <param name="other">Where a splice comes from.</param>
    public static byte[] Of(byte[] sound, byte[] other, Random random)
    {
        var kind = random.Next(10);
        if (kind < 8)
        {
            var body = sound.AsSpan(HeaderBytes(sound));
            var kept = kind < 4 ? body.Length * 3 / 4 : 0;
            var first = kind == 7 ? (byte)(sound[0] ^ 1 << random.Next(8)) : sound[0];
            return SoundPackets.Packet(first, [.. body[..kept], .. Damage(body[kept..].ToArray(), other, random)]);
        }
        return random.Next(4) switch
        {
            0 => sound[..random.Next(sound.Length)],
            1 => [sound[0], .. Lie(sound.Length, random), .. sound.AsSpan(Math.Min(2, sound.Length))],
            _ => Damage(sound, other, random),
        };
    }

    private static int HeaderBytes(byte[] packet)
    {
        var bytes = 1;
        while (packet[bytes++] >= 128) { }
        return bytes;
    }

    /// <summary>A remaining length that is not the packet's: near it, far past it, or one byte longer than the protocol allows.</summary>
    private static byte[] Lie(int length, Random random) => random.Next(4) switch
    {
        0 => [0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        1 => SoundPackets.VariableLength(random.Next(268_435_456)),
        2 => [0x80, 0x80, 0x00],
        _ => SoundPackets.VariableLength(Math.Max(0, length + random.Next(-20, 20))),
    };

    private static byte[] Damage(byte[] bytes, byte[] other, Random random)
    {
        if (bytes.Length == 0) return other[..random.Next(other.Length)];
        var at = random.Next(bytes.Length);
        switch (random.Next(6))
        {
            case 0:
                return [.. bytes.AsSpan(0, at), .. other.AsSpan(random.Next(other.Length))]; // splice
            case 1:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(Math.Max(0, at - random.Next(1, 20)))]; // a piece twice
            case 2:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(Math.Min(bytes.Length, at + random.Next(1, 20)))]; // a piece missing
            default:
                var damaged = bytes.ToArray();
                for (var i = random.Next(1, 5); i > 0; i--)
                {
                    ref var hit = ref damaged[random.Next(damaged.Length)];
                    hit = random.Next(2) == 0 ? (byte)(hit ^ 1 << random.Next(8)) : s_edges[random.Next(s_edges.Length)];
                }
                return damaged;
        }
    }
}
