using System.Diagnostics.Metrics;
using Fleet.Grains.Reports;

namespace Fleet.Ingest.Bridge;

/// <summary>What the bridge counts, by broker. There are few brokers, so their names may be tags.</summary>
internal sealed class BridgeMetrics
{
    private static readonly Meter s_meter = new("Fleet.Bridge");
    private static readonly UpDownCounter<long> s_connected = s_meter.CreateUpDownCounter<long>("fleet.bridge.connected", "{session}", "Sessions at a broker that stand and are subscribed");
    private static readonly Counter<long> s_failures = s_meter.CreateCounter<long>("fleet.bridge.connects_failed", "{connect}", "Connects to a broker that failed or were refused");
    private static readonly Counter<long> s_messages = s_meter.CreateCounter<long>("fleet.bridge.messages", "{message}", "Messages from a broker, by what became of them");

    private static readonly KeyValuePair<string, object?> s_taken = new("outcome", "taken"), s_retained = new("outcome", "retained"), s_passed = new("outcome", "passed");
    private readonly KeyValuePair<string, object?> _broker;

    public BridgeMetrics(string broker)
    {
        _broker = new("broker", broker);
        s_connected.Add(0, _broker); // so that a broker that was never reached shows as 0
    }

    public void Connected() => s_connected.Add(1, _broker);

    public void Disconnected() => s_connected.Add(-1, _broker);

    public void ConnectFailed() => s_failures.Add(1, _broker);

    /// <summary>In the journal.</summary>
    public void Taken() => s_messages.Add(1, _broker, s_taken);

    public void Refused(Refusal reason) => s_messages.Add(1, _broker, new KeyValuePair<string, object?>("outcome", IngestMetrics.Name(reason)));

    /// <summary>Stored at the broker before we subscribed: it says what was, not when.</summary>
    public void Retained() => s_messages.Add(1, _broker, s_retained);

    /// <summary>None for the journal: commands.</summary>
    public void Passed() => s_messages.Add(1, _broker, s_passed);
}
