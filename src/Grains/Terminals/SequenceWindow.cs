using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fleet.Grains.Terminals;

/// <summary>The highest sequence number seen, and which of the 256 up to it were seen; the replay window of RFC 4303, section 3.4.3.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct SequenceWindow
{
    public const int Length = 256;
    private const int WordBits = 64;

    [InlineArray(Length / WordBits)]
    private struct Words
    {
        private ulong _first;
    }

    /// <summary>Bit n of the words: whether <see cref="Highest"/> − n was seen.</summary>
    private Words _seen;
    private long _highest;
    private bool _any;

    /// <summary>The highest number seen; below every number while none was.</summary>
    public readonly long Highest => _any ? _highest : -1;

    /// <summary>Whether the number is known to have been seen.</summary>
    public readonly bool Contains(long number) => BackOf(number) is >= 0 and < Length and var back && IsMarked((int)back);

    /// <summary>Whether the number is too old for the window to know.</summary>
    public readonly bool IsPast(long number) => _any && BackOf(number) >= Length;

    /// <summary>Notes a number that is not past the window.</summary>
    public void Mark(long number)
    {
        if (!_any || number > _highest)
        {
            Shift(_any ? number - _highest : Length);
            (_highest, _any) = (number, true);
        }
        var back = (int)BackOf(number);
        _seen[back / WordBits] |= 1UL << (back % WordBits);
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _any);
        if (!_any) return;
        codec.Field(ref _highest);
        for (var i = 0; i < Length / WordBits; i++) codec.Field(ref _seen[i]);
    }

    private readonly long BackOf(long number) => _any ? _highest - number : -1;

    private readonly bool IsMarked(int back) => (_seen[back / WordBits] >> (back % WordBits) & 1) != 0;

    private void Shift(long by)
    {
        if (by >= Length)
        {
            _seen = default;
            return;
        }
        var (words, bits) = ((int)by / WordBits, (int)by % WordBits);
        for (var i = (Length / WordBits) - 1; i >= 0; i--)
        {
            var low = i - words >= 0 ? _seen[i - words] << bits : 0;
            var carried = bits > 0 && i - words - 1 >= 0 ? _seen[i - words - 1] >> (WordBits - bits) : 0;
            _seen[i] = low | carried;
        }
    }
}
