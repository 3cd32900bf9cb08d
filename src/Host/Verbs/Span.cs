using System.ComponentModel;
using System.Globalization;

namespace Fleet.Host.Verbs;

/// <summary>A stretch of time as people write it: <c>90d</c>, <c>24h</c>, <c>30m</c>, <c>15s</c>, or .NET's <c>[d.]hh:mm:ss</c>.</summary>
internal static class Span
{
    /// <summary>
    /// Reads <c>[d.]hh:mm:ss[.f]</c>; null for anything else. .NET's own reading takes 24:00:00 for 24 days, and 60 for 60.
    /// </summary>
    public static TimeSpan? Written(string text) =>
        text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text.Trim(), "c", CultureInfo.InvariantCulture, out var span) ? span : null;

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
            : Written(text);
        return span is { } good && good >= TimeSpan.Zero && good <= s_most ? good
            : throw new FormatException($"'{text}' is no stretch of time from 0 to ten years; written is 90d, 24h, 30m, 15s or [d.]hh:mm:ss, hours up to 23");
    }
}

/// <summary>Makes settings read times as <see cref="Span.Written"/> does.</summary>
internal sealed class SpanConverter : TimeSpanConverter
{
    /// <summary>From now on, for every setting that is a time.</summary>
    public static void Use() => TypeDescriptor.AddAttributes(typeof(TimeSpan), new TypeConverterAttribute(typeof(SpanConverter)));

    /// <exception cref="FormatException">It is no time.</exception>
    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => value is not string text ? base.ConvertFrom(context, culture, value)
        : Span.Written(text) ?? throw new FormatException($"'{text}' is no time; written is [d.]hh:mm:ss, hours up to 23: two days are 2.00:00:00");
}
