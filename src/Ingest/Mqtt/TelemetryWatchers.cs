namespace Fleet.Ingest.Mqtt;

/// <summary>Which sessions subscribe to something that live telemetry could match: while there are any, telemetry goes the long way, past them.</summary>
internal sealed class TelemetryWatchers
{
    private readonly HashSet<(string Client, string Filter)> _filters = [];
    private readonly Lock _lock = new();
    private volatile bool _any;

    public bool Any => _any;

    public void Subscribed(string client, string filter)
    {
        if (IsCommandsOnly(filter)) return;
        lock (_lock)
        {
            _filters.Add((client, filter));
            _any = true;
        }
    }

    public void Unsubscribed(string client, string filter)
    {
        lock (_lock)
        {
            _filters.Remove((client, filter));
            _any = _filters.Count > 0;
        }
    }

    public void Gone(string client)
    {
        lock (_lock)
        {
            _filters.RemoveWhere(f => f.Client == client);
            _any = _filters.Count > 0;
        }
    }

    /// <summary>What terminals subscribe to: their commands.</summary>
    private static bool IsCommandsOnly(string filter) =>
        filter.StartsWith(Topic.Root, StringComparison.Ordinal) && filter.EndsWith("/command", StringComparison.Ordinal);
}
