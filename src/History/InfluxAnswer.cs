using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Fleet.History;

/// <summary>
/// What a database's answer to a write means. Seen from influxd 1.6.7: every 400 to a write begins with "partial write",
/// also for lines it could not parse, and the good lines are stored (another shard's
/// perhaps a moment after the answer: it answers as soon as one shard has refused); "dropped=N" counts type conflicts and points beyond
/// the retention, lines it could not parse are named one by one and not in N, and are not named at all where N is above 0;
/// where no line can be parsed there is no "partial write". InfluxDB 2.x stores nothing of a batch with a line it cannot
/// parse, and says 422 to a partial write.
/// </summary>
internal static class InfluxAnswer
{
    private const string UnparsedLine = "unable to parse '";

    public static WriteOutcome Read(HttpStatusCode status, string body, TimeSpan? retryAfter)
    {
        if ((int)status is >= 200 and < 300) return WriteOutcome.Accepted;

        var reason = $"{(int)status} {Message(body)}";
        return status switch
        {
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => AboutLines(reason, body),
            HttpStatusCode.RequestEntityTooLarge => WriteOutcome.Refused(0, reason),
            HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout => WriteOutcome.RetryLater(reason, retryAfter),
            >= HttpStatusCode.InternalServerError => WriteOutcome.RetryLater(reason, retryAfter),
            _ => WriteOutcome.Blocked(reason), // credentials, a missing database, a wrong address: nothing is wrong with the lines
        };
    }

    private static WriteOutcome AboutLines(string reason, string body)
    {
        var unparsed = Occurrences(reason, UnparsedLine);
        // InfluxDB 3.x lists the lines: {"error":"partial write of line protocol occurred","data":[{"line_number":2,…}]}
        if (reason.Contains("partial write", StringComparison.Ordinal))
            return WriteOutcome.PartlyRefused(Math.Max(1, Dropped(reason) + unparsed + Occurrences(body, "\"line_number\"")), reason);
        if (reason.Contains("parse", StringComparison.OrdinalIgnoreCase) || reason.Contains("conflict", StringComparison.OrdinalIgnoreCase)
            || reason.StartsWith("422 ", StringComparison.Ordinal))
            return WriteOutcome.Refused(unparsed, reason);
        // "database is required", a proxy's page: losing points over it would be wrong, somebody has to look.
        return WriteOutcome.Blocked(reason);
    }

    private static int Dropped(string reason)
    {
        const string mark = "dropped=";
        var at = reason.LastIndexOf(mark, StringComparison.Ordinal);
        if (at < 0) return 0;
        var digits = reason.AsSpan(at + mark.Length);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var dropped) ? dropped : 0;
    }

    private static int Occurrences(string text, string what)
    {
        var count = 0;
        for (var at = text.IndexOf(what, StringComparison.Ordinal); at >= 0; at = text.IndexOf(what, at + what.Length, StringComparison.Ordinal))
            count++;
        return count;
    }

    /// <summary>1.x says <c>{"error":…}</c>, 2.x <c>{"code":…,"message":…}</c>, a proxy says anything.</summary>
    private static string Message(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                foreach (var name in (ReadOnlySpan<string>)["error", "message"])
                    if (json.RootElement.TryGetProperty(name, out var message) && message.ValueKind == JsonValueKind.String)
                        return message.GetString()!;
        }
        catch (JsonException)
        {
        }
        return body.Trim();
    }
}
