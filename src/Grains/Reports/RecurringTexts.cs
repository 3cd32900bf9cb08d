using System.Buffers.Binary;
using System.Text;

namespace Fleet.Grains.Reports;

/// <summary>
/// A bounded cache of short texts that repeat from report to report (carriers, versions, error codes), so that reading
/// one allocates nothing. A table with one slot per hash: a newcomer replaces what was there, so it never grows past
/// <see cref="Slots"/> texts of <see cref="LongestKept"/> characters, about 350 KiB, whatever is sent.
/// </summary>
internal sealed class RecurringTexts
{
    private const int Slots = 4096;
    private const int LongestKept = 32;

    private readonly string?[] _slots = new string?[Slots];

    public string Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        if (utf8.Length > LongestKept) return Encoding.UTF8.GetString(utf8);
        ref var slot = ref _slots[Slot(utf8)];
        // Equal only where all is ASCII: a text with other characters is made anew each time, which is rare.
        if (slot is { } kept && Ascii.Equals(utf8, kept)) return kept;
        return slot = Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Mixes the ends of the text: what differs between cells, versions and codes is at the ends.</summary>
    private static int Slot(ReadOnlySpan<byte> utf8)
    {
        ulong head, tail;
        if (utf8.Length >= sizeof(ulong))
        {
            head = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
            tail = BinaryPrimitives.ReadUInt64LittleEndian(utf8[^sizeof(ulong)..]);
        }
        else
        {
            head = 0;
            foreach (var b in utf8) head = (head << 8) | b;
            tail = head;
        }
        // Two odd constants of golden-ratio hashing (Knuth, TAOCP 6.4); the high bits are the well mixed ones.
        var mixed = ((head * 0x9E3779B97F4A7C15) ^ tail ^ (ulong)utf8.Length) * 0xD6E8FEB86659FD93;
        return (int)(mixed >> 52);
    }
}
