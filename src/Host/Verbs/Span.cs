using System.Globalization;

namespace Fleet.Host.Verbs;

/// <summary>A stretch of time as people write it: <c>90d</c>, <c>24h</c>, <c>30m</c>, <c>15s</c>, or .NET's <c>[d.]hh:mm:ss</c>.</summary>
internal static class Span
{
    private static readonly TimeSpan s_most = TimeSpan.FromDays(3650);

    /// <exception cref="FormatException">It is none, or over ten years.</exception>
    public static TimeSpan Parse(string text)
    {
        var unit = text.Length == 0 ? ' ' : text[^1];
        TimeSpan? span = char.IsAsciiLetter(unit) && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < int.MaxValue / 3600
            ? unit switch
            {
                'd' => TimeSpan.FromSeconds(count * 86_400L),
                'h' => TimeSpan.FromSeconds(count * 3600L),
                'm' => TimeSpan.FromSeconds(count * 60L),
                's' => TimeSpan.FromSeconds(count),
                _ => null,
            }
            : text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var written) ? written : null;
        return span is { } good && good >= TimeSpan.Zero && good <= s_most ? good
            : throw new FormatException($"'{text}' is no stretch of time from 0 to ten years; written is 90d, 24h, 30m, 15s or [d.]hh:mm:ss");
    }
}
