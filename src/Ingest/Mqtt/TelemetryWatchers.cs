using System.Collections.Frozen;
using System.Text;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// Which live telemetry somebody subscribes to: it goes the long way, past them. A filter that names one terminal
/// sends only that terminal's messages there; any other filter sends all.
/// </summary>
internal sealed class TelemetryWatchers
{
    private readonly HashSet<(string Client, string Filter)> _filters = [];
    private readonly Lock _lock = new();
    private volatile bool _all;
    private volatile FrozenSet<string> _serials = FrozenSet<string>.Empty;

    public bool Watch(ReadOnlySpan<byte> serial) => _all || (_serials.Count > 0 && _serials.Contains(Encoding.ASCII.GetString(serial)));

    public void Subscribed(string client, string filter) => Change(filters => filters.Add((client, filter)));

    public void Unsubscribed(string client, string filter) => Change(filters => filters.Remove((client, filter)));

    public void Gone(string client) => Change(filters => filters.RemoveWhere(f => f.Client == client));

    private void Change<T>(Func<HashSet<(string Client, string Filter)>, T> change)
    {
        lock (_lock)
        {
            change(_filters);
            var telemetry = _filters.Select(f => f.Filter).Where(f => !IsCommandsOnly(f)).Select(SerialOf).ToList();
            _all = telemetry.Contains(null);
            _serials = telemetry.OfType<string>().ToFrozenSet();
        }
    }

    /// <summary>What terminals subscribe to: their commands.</summary>
    private static bool IsCommandsOnly(string filter) =>
        filter.StartsWith(Topic.Root, StringComparison.Ordinal) && filter.EndsWith("/command", StringComparison.Ordinal);

    /// <summary>The terminal that a filter names; null where it may match several.</summary>
    private static string? SerialOf(string filter)
    {
        if (!filter.StartsWith(Topic.Root, StringComparison.Ordinal)) return null;
        var serial = filter[Topic.Root.Length..].Split('/')[0];
        return serial.AsSpan().ContainsAny('+', '#') ? null : serial;
    }
}
