using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Fleet.Ingest_Tests.Bridge;

/// <summary>What a counter has counted since, by one of its tags.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public Counted(string instrument, string tag)
    {
        _listener.InstrumentPublished = (i, listener) => { if (i.Name == instrument) listener.EnableMeasurementEvents(i); };
        _listener.SetMeasurementEventCallback<long>((_, by, tags, _) =>
        {
            foreach (var (key, value) in tags)
                if (key == tag) _counts.AddOrUpdate($"{value}", by, (_, before) => before + by);
        });
        _listener.Start();
    }

    public long this[string value] => _counts.GetValueOrDefault(value);

    /// <summary>Tag value and count, by tag value.</summary>
    public List<string> Seen => [.. _counts.Where(c => c.Value > 0).Select(c => $"{c.Key} {c.Value}").Order(StringComparer.Ordinal)];

    public void Dispose() => _listener.Dispose();
}
