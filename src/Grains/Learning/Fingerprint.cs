namespace Fleet.Grains.Learning;

/// <summary>What is kept of a text that is only compared: FNV-1a, the same in every process and release, never 0.</summary>
internal static class Fingerprint
{
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text) hash = (hash ^ c) * 1099511628211UL;
        return Math.Max(1, hash);
    }

    /// <summary>Half as long, for where a mistaken likeness costs little.</summary>
    public static uint Short(ReadOnlySpan<char> text)
    {
        var hash = Of(text);
        return Math.Max(1, (uint)(hash ^ (hash >> 32)));
    }
}
