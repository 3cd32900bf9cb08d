using Fleet.Bench.Servers;

namespace Fleet.Bench.Scale;

/// <summary>What a server did at a steady rate.</summary>
/// <param name="Rest">How long it went on applying after the last message was acknowledged.</param>
/// <param name="MostUnapplied">The most journal rows that waited for their terminals, seen once a second.</param>
internal sealed record Served(
    long Messages, TimeSpan Sending, TimeSpan Rest, Usage Usage, TimeSpan AckP50, TimeSpan AckP99, TimeSpan AckMax, long MostUnapplied)
{
    public void Print(string title) => Console.WriteLine(
        $"""
        {title}: {Messages / Sending.TotalSeconds:N0} messages/s, {Usage.Total.TotalMicroseconds / Messages:F2} µs CPU/message (user {Usage.User.TotalMicroseconds / Messages:F2}, kernel {Usage.System.TotalMicroseconds / Messages:F2})
          PUBLISH to PUBACK p50 {AckP50.TotalMilliseconds:F1} ms, p99 {AckP99.TotalMilliseconds:F1} ms, max {AckMax.TotalMilliseconds:F0} ms; at most {MostUnapplied:N0} journal rows waited for their terminals, the last {Rest.TotalSeconds:F1} s
        """);
}
