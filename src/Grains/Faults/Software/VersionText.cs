namespace Fleet.Grains.Faults;

/// <summary>Versions as people write them (<c>1.4.2</c>, <c>v7-0-1b</c>, <c>2026-08</c>), compared by their numbers.</summary>
internal static class VersionText
{
    public static bool HasNumber(string version) => version.AsSpan().ContainsAnyInRange('0', '9');

    /// <summary>Whether it is older: number by number, a missing one counts as 0. What has no number is not compared.</summary>
    public static bool IsOlder(string version, string required)
    {
        if (!HasNumber(version) || !HasNumber(required)) return false;
        ReadOnlySpan<char> left = version, right = required;
        while (!left.IsEmpty || !right.IsEmpty)
        {
            var (a, b) = (NextNumber(ref left), NextNumber(ref right));
            if (a != b) return a < b;
        }
        return false;
    }

    /// <summary>The next number and what follows it; numbers past 18 digits are all alike.</summary>
    private static long NextNumber(ref ReadOnlySpan<char> text)
    {
        var from = text.IndexOfAnyInRange('0', '9');
        if (from < 0)
        {
            text = default;
            return 0;
        }
        text = text[from..];
        var length = text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : text.Length;
        var digits = text[..length].TrimStart('0');
        text = text[length..];
        return digits.IsEmpty ? 0 : digits.Length > 18 ? long.MaxValue : long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }
}
