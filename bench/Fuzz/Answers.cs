namespace Fleet.Bench.Fuzz;

/// <summary>Reads what a server sends to a client, as far as it takes to count: whatever comes in, what goes out must be sound.</summary>
internal sealed class Answers
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _length;

    public int PingResponses { get; private set; }

    public bool IsAccepted { get; private set; }

    /// <summary>What was no packet of a server's.</summary>
    public string? Unsound { get; private set; }

    public Span<byte> Room => _buffer.AsSpan(_length);

    public void Clear() => (_length, PingResponses, IsAccepted, Unsound) = (0, 0, false, null);

    /// <summary>So many bytes have come into <see cref="Room"/>.</summary>
    public void Took(int count)
    {
        _length += count;
        var used = 0;
        while (Unsound is null && TryReadLength(_buffer.AsSpan(used, _length - used), out var total) && total <= _length - used)
        {
            Judge(_buffer.AsSpan(used, total));
            used += total;
        }
        _buffer.AsSpan(used, _length - used).CopyTo(_buffer);
        _length -= used;
        if (_length == _buffer.Length) Unsound ??= "a packet of more than 64 KiB";
    }

    private void Judge(ReadOnlySpan<byte> packet)
    {
        switch (packet[0] >> 4)
        {
            case 2 when packet[0] == 0x20 && packet.Length >= 4: IsAccepted |= packet[3] == 0; break;
            case 13 when packet is [0xD0, 0]: PingResponses++; break;
            case 3 or 4 or 5 or 7 or 9 or 11 or 14 or 15: break;
            case 6 when packet[0] == 0x62: break;
            default: Unsound = $"a packet of type {packet[0] >> 4}: {Convert.ToHexString(packet[..Math.Min(packet.Length, 40)])}"; break;
        }
    }

    /// <summary>The whole length of the packet that begins here, once its head is there.</summary>
    private bool TryReadLength(ReadOnlySpan<byte> from, out int total)
    {
        total = 0;
        for (int i = 1, shift = 0; i < from.Length && i <= 4; i++, shift += 7)
        {
            total |= (from[i] & 127) << shift;
            if (from[i] >= 128) continue;
            total += i + 1;
            return true;
        }
        if (from.Length > 4) Unsound ??= "a length of more than four bytes";
        return false;
    }
}
