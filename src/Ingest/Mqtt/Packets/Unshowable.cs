using System.Buffers;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>
/// What a text should not have and a receiver may close for (MQTT 5, 1.5.4): control characters, which forge lines of a
/// log and hide in a list of topics, and Unicode's noncharacters.
/// </summary>
internal static class Unshowable
{
    /// <summary>C0 and DEL, and the bytes that the others begin with: most names have none of them.</summary>
    private static readonly SearchValues<byte> s_suspects = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(b => (byte)b), 0x7F, 0xC2, 0xEF, 0xF0, 0xF1, 0xF2, 0xF3, 0xF4]);

    /// <param name="text">Well-formed UTF-8.</param>
    public static bool Found(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny(s_suspects) is >= 0 and var at)
        {
            text = text[at..];
            if (IsUnshowable(text)) return true;
            text = text[1..];
        }
        return false;
    }

    private static bool IsUnshowable(ReadOnlySpan<byte> text) => text switch
    {
        [< 0x20 or 0x7F, ..] => true,
        [0xC2, < 0xA0, ..] => true, // C1
        [0xEF, 0xB7, >= 0x90 and <= 0xAF, ..] => true, // U+FDD0 to U+FDEF
        [0xEF, 0xBF, >= 0xBE, ..] => true, // U+FFFE and U+FFFF
        [>= 0xF0, var second, 0xBF, >= 0xBE, ..] => (second & 0x0F) == 0x0F, // those of the other planes
        _ => false,
    };
}
