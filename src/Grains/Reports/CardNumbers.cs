namespace Fleet.Grains.Reports;

/// <summary>
/// Looks for payment card numbers where none may be. Asked once at the door, before a payload is logged or stored, so
/// it is made for payloads that hold none: every fourth byte is looked at, and only runs of digits are looked into.
/// <para>
/// A card number is 13 to 19 digits that pass the Luhn check (ISO/IEC 7812-1 annex B) and begin as payment cards do
/// (2221 to 2720, 3, 4, 5, 6, 81), on their own or in the groups they are printed in: 4-4-4-4, 4-4-4-4-3, 4-6-5. The
/// track data of a stripe (ISO/IEC 7813) counts whatever its digits are. The wire has numbers of its own that may look
/// the same, one in ten of them: counters, the fraction of a measured value, and a SIM's ICCID are left out.
/// </para>
/// </summary>
public static class CardNumbers
{
    private const int Shortest = 13;
    private const int Longest = 19;
    private const int GroupLength = 4;

    /// <summary>ISO/IEC 7813 allows shorter numbers on a track than any card in use has.</summary>
    private const int ShortestOnTrack = 12;

    public static bool Found(ReadOnlySpan<byte> payload)
    {
        var place = new JsonPlace(payload);
        // The shortest run that matters is a printed group of four: one of any four bytes in a row is in it.
        var at = GroupLength - 1;
        while (at < payload.Length)
        {
            if (!char.IsAsciiDigit((char)payload[at]))
            {
                at += GroupLength;
                continue;
            }
            var start = at;
            while (start > 0 && char.IsAsciiDigit((char)payload[start - 1])) start--;
            var end = at + 1;
            while (end < payload.Length && char.IsAsciiDigit((char)payload[end])) end++;
            if (IsTrack(payload, start, end)) return true;
            var afterEscape = Math.Min(start + EscapeDigits(payload, start), end);
            if ((IsNumber(payload, start, end) || IsNumber(payload, afterEscape, end)) && !place.IsOurs(start)) return true;
            at = end + GroupLength;
        }
        return false;
    }

    /// <summary>How many of the digits at <paramref name="start"/> belong to an escape (<c>\u0020</c>) before them.</summary>
    private static int EscapeDigits(ReadOnlySpan<byte> payload, int start)
    {
        for (var back = 2; back <= 5 && back <= start; back++)
        {
            if (payload[start - back] == '\\' && payload[start - back + 1] == 'u') return 6 - back;
        }
        return 0;
    }

    private static bool IsTrack(ReadOnlySpan<byte> payload, int start, int end)
    {
        if (end - start is < ShortestOnTrack or > Longest || start == 0 || end == payload.Length) return false;
        return (payload[start - 1], payload[end]) switch
        {
            ((byte)'B', (byte)'^') => start >= 2 && payload[start - 2] == '%',
            ((byte)';', (byte)'=') => true,
            _ => false,
        };
    }

    private static bool IsNumber(ReadOnlySpan<byte> payload, int start, int end) =>
        IsCard(payload[start..end]) || IsPrintedCard(payload[start..], end - start);

    private static bool IsPrintedCard(ReadOnlySpan<byte> text, int first)
    {
        if (first != GroupLength) return false;
        Span<byte> digits = stackalloc byte[Longest];
        return Grouped(text, [4, 6, 5], digits) || Grouped(text, [4, 4, 4, 4, 3], digits) || Grouped(text, [4, 4, 4, 4], digits);
    }

    /// <summary>Whether the text begins with groups of these lengths, joined by single spaces or dashes, that make a card number.</summary>
    private static bool Grouped(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lengths, Span<byte> digits)
    {
        int at = 0, count = 0;
        foreach (var length in lengths)
        {
            if (at > 0 && (at == text.Length || text[at++] is not ((byte)' ' or (byte)'-'))) return false;
            if (at + length > text.Length) return false;
            var group = text.Slice(at, length);
            if (group.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
            group.CopyTo(digits[count..]);
            count += length;
            at += length;
        }
        return (at == text.Length || !char.IsAsciiDigit((char)text[at])) && IsCard(digits[..count]);
    }

    private static bool IsCard(ReadOnlySpan<byte> digits) =>
        digits.Length is >= Shortest and <= Longest && BeginsAsCardsDo(digits) && PassesLuhn(digits);

    private static bool BeginsAsCardsDo(ReadOnlySpan<byte> digits) => digits[0] switch
    {
        (byte)'3' or (byte)'4' or (byte)'5' or (byte)'6' => true,
        (byte)'8' => digits[1] == '1',
        (byte)'2' => ((digits[0] - '0') * 1000) + ((digits[1] - '0') * 100) + ((digits[2] - '0') * 10) + digits[3] - '0'
            is >= 2221 and <= 2720,
        _ => false,
    };

    private static bool PassesLuhn(ReadOnlySpan<byte> digits)
    {
        var sum = 0;
        var doubled = false;
        for (var i = digits.Length - 1; i >= 0; i--, doubled = !doubled)
        {
            var digit = digits[i] - '0';
            if (doubled) digit = digit < 5 ? 2 * digit : (2 * digit) - 9;
            sum += digit;
        }
        return sum % 10 == 0;
    }
}
