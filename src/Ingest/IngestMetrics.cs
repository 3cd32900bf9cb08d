using System.Diagnostics.Metrics;
using Fleet.Grains.Reports;

namespace Fleet.Ingest;

/// <summary>What Ingest counts. Never a serial as a tag.</summary>
public static class IngestMetrics
{
    public const string MeterName = "Fleet.Ingest";

    private static readonly Meter Meter = new(MeterName);

    private static long s_lane, s_longWay;

    // Counted by hand: a Counter<long> with a listener costs more than all else the lane does with a message.
    private static readonly ObservableCounter<long> s_messages = Meter.CreateObservableCounter(
        "fleet.ingest.messages", () => MessagesTaken, "{message}", "Telemetry messages taken into the journal");
    private static readonly ObservableCounter<long> s_laneMessages = Meter.CreateObservableCounter(
        "fleet.ingest.lane_messages", () => Interlocked.Read(ref s_lane), "{message}", "Of them, taken by the telemetry lane");

    /// <summary>Telemetry messages taken since the start.</summary>
    public static long MessagesTaken => Interlocked.Read(ref s_lane) + Interlocked.Read(ref s_longWay);

    public static void TookByLane() => Interlocked.Increment(ref s_lane);

    public static void TookTheLongWay() => Interlocked.Increment(ref s_longWay);

    public static readonly Counter<long> Reports = Meter.CreateCounter<long>("fleet.ingest.reports", "{report}", "Reports decoded and given to the terminals");
    public static readonly Counter<long> Replayed = Meter.CreateCounter<long>("fleet.ingest.replayed", "{entry}", "Journal entries given to the terminals once more after a restart or a silo's death");
    public static readonly Counter<long> CommitRetries = Meter.CreateCounter<long>("fleet.ingest.commit_retries", "{retry}", "Commits of the journal that had to be tried again");
    public static readonly Counter<long> RowsDamaged = Meter.CreateCounter<long>("fleet.ingest.rows_damaged", "{row}", "Journal rows that were not what was written when they were read again; their bytes are kept");
    public static readonly Counter<long> HistoryDropped = Meter.CreateCounter<long>("fleet.ingest.history_dropped", "{row}", "Journal rows given up for history because Journal:HistoryBytes was reached");
    public static readonly Counter<long> Throttled = Meter.CreateCounter<long>("fleet.ingest.throttled", "{wait}", "Times a session was not read because it sent faster than its limit");
    public static readonly Histogram<double> CommitSeconds = Meter.CreateHistogram<double>("fleet.ingest.commit", "s", "Time of a group commit");
    public static readonly Histogram<long> CommitEntries = Meter.CreateHistogram<long>("fleet.ingest.commit_entries", "{entry}", "Entries of a group commit");
    public static readonly Counter<long> ConnectsSlowed = Meter.CreateCounter<long>("fleet.ingest.connects_slowed", "{connect}", "Wrong passwords whose answer was held back");
    public static readonly Counter<long> TlsReloadFailures = Meter.CreateCounter<long>("fleet.ingest.tls_reload_failures", "{reload}", "Changed TLS files that could not be used");
    public static readonly Counter<long> Undelivered = Meter.CreateCounter<long>("fleet.ingest.undelivered", "{message}", "Messages dropped because a subscriber was slow or away for too long");
    public static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>("fleet.ingest.connections", "{connection}", "MQTT connections open");

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>("fleet.ingest.refused", "{message}", "Messages refused, by reason");
    private static readonly KeyValuePair<string, object?>[] Reasons =
        [.. Enum.GetValues<Refusal>().Select(r => new KeyValuePair<string, object?>("reason", Name(r)))];

    private static readonly Counter<long> ConnectRefusals = Meter.CreateCounter<long>("fleet.ingest.connects_refused", "{connect}", "CONNECTs refused, by reason");

    public static void Refused(Refusal reason) => Refusals.Add(1, Reasons[(int)reason]);

    private static readonly Counter<long> MalformedPackets = Meter.CreateCounter<long>("fleet.ingest.malformed", "{packet}", "Packets that broke the protocol and ended their connection, by reason code");

    public static void Malformed(MQTTnet.Protocol.MqttDisconnectReasonCode reason) => MalformedPackets.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public static void ConnectRefused(string reason) => ConnectRefusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>The reason's name on the outside: <c>card-number</c> for <see cref="Refusal.CardNumber"/>.</summary>
    public static string Name(Refusal reason) => Fleet.Grains.Reports.Refusals.Name(reason);
}
