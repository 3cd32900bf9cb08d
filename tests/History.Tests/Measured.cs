using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.History.Tests;

/// <summary>What one counter of the room counted while this lived. Counters are the process's: tests that measure run alone (see xunit.runner.json).</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sum;

    public Measured(string instrument, string outcome)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == HistoryMetrics.MeterName && published.Name == instrument) listener.EnableMeasurementEvents(published);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
                if ((string?)tag.Value == outcome) Interlocked.Add(ref _sum, value);
        });
        _listener.Start();
    }

    public long Sum => Interlocked.Read(ref _sum);

    public void Dispose() => _listener.Dispose();
}

internal static class Log
{
    public static ILogger None => NullLogger.Instance;
}
