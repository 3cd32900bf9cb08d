using System.Collections.Concurrent;

namespace Fleet.Ingest.Mqtt;

/// <summary>Which sessions subscribe to something that live telemetry could match: while there are any, telemetry goes the long way, past them.</summary>
internal sealed class TelemetryWatchers
{
    private readonly ConcurrentDictionary<(string Client, string Filter), bool> _filters = new();
    private volatile bool _any;

    public bool Any => _any;

    public void Subscribed(string client, string filter)
    {
        if (IsCommandsOnly(filter)) return;
        _filters[(client, filter)] = true;
        _any = true;
    }

    public void Unsubscribed(string client, string filter)
    {
        _filters.TryRemove((client, filter), out _);
        _any = !_filters.IsEmpty;
    }

    public void Gone(string client)
    {
        foreach (var key in _filters.Keys)
            if (key.Client == client) _filters.TryRemove(key, out _);
        _any = !_filters.IsEmpty;
    }

    /// <summary>What terminals subscribe to: their commands.</summary>
    private static bool IsCommandsOnly(string filter) =>
        filter.StartsWith(Topic.Root, StringComparison.Ordinal) && filter.EndsWith("/command", StringComparison.Ordinal);
}
