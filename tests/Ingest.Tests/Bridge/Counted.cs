using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Fleet.Ingest_Tests.Bridge;

/// <summary>What the bridge to one broker has counted since, by what became of the messages.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public Counted(int port)
    {
        _listener.InstrumentPublished = (i, listener) => { if (i.Name == "fleet.bridge.messages") listener.EnableMeasurementEvents(i); };
        _listener.SetMeasurementEventCallback<long>((_, by, tags, _) =>
        {
            var named = tags.ToArray().ToDictionary(tag => tag.Key, tag => $"{tag.Value}");
            if (named["broker"].EndsWith($":{port}", StringComparison.Ordinal)) _counts.AddOrUpdate(named["outcome"], by, (_, before) => before + by);
        });
        _listener.Start();
    }

    public long Taken => _counts.GetValueOrDefault("taken");

    /// <summary>Outcome and count.</summary>
    public List<string> Seen => [.. _counts.Select(c => $"{c.Key} {c.Value}").Order(StringComparer.Ordinal)];

    public void Dispose() => _listener.Dispose();
}
