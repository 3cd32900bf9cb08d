using System.Globalization;

namespace Fleet.Alerts;

/// <summary>Times as the API and the pushes write them: ISO 8601, UTC, milliseconds.</summary>
public static class Iso8601
{
    public static string Text(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string? Text(long? unixMs) => unixMs is { } at ? Text(at) : null;
}
