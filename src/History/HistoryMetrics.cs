using System.Diagnostics.Metrics;

namespace Fleet.History;

/// <summary>The room's metrics. Made once; never a serial as a tag.</summary>
internal static class HistoryMetrics
{
    public const string MeterName = "Fleet.History";

    private static readonly Meter s_meter = new(MeterName);

    private static readonly Counter<long> s_points = s_meter.CreateCounter<long>(
        "fleet.history.points", "{point}", "Points that left the queue, by outcome: accepted, refused by the database for good, dropped by us.");

    public static readonly Counter<long> Batches = s_meter.CreateCounter<long>(
        "fleet.history.batches", "{batch}", "Batches that were accepted or refused for good.");

    public static readonly Counter<long> Retries = s_meter.CreateCounter<long>(
        "fleet.history.retries", "{attempt}", "Writes that failed and will be tried again.");

    public static readonly UpDownCounter<long> QueueBytes = s_meter.CreateUpDownCounter<long>(
        "fleet.history.queue", "By", "Lines waiting for the database or in flight to it.");

    public static readonly Histogram<double> WriteDuration = s_meter.CreateHistogram<double>(
        "fleet.history.write.duration", "s", "How long one write to the database took, failed ones included.");

    public static void Accepted(int points) => Count(points, "accepted");
    public static void Refused(int points) => Count(points, "refused");
    public static void Dropped(int points) => Count(points, "dropped");

    private static void Count(int points, string outcome)
    {
        if (points > 0) s_points.Add(points, new KeyValuePair<string, object?>("outcome", outcome));
    }
}
