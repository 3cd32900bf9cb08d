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

    // A hundred thousand terminals subscribe to their commands, and leave: that costs nothing here.
    public void Subscribed(string client, string filter)
    {
        filter = Packets.TopicFilter.Split(filter).Filter;
        if (CouldMatchTelemetry(filter)) Change(filters => filters.Add((client, filter)));
    }

    public void Unsubscribed(string client, string filter)
    {
        filter = Packets.TopicFilter.Split(filter).Filter;
        if (CouldMatchTelemetry(filter)) Change(filters => filters.Remove((client, filter)));
    }

    public void Gone(string client) => Change(filters => filters.RemoveWhere(f => f.Client == client) > 0);

    private void Change(Func<HashSet<(string Client, string Filter)>, bool> change)
    {
        lock (_lock)
        {
            if (!change(_filters)) return;
            var telemetry = _filters.Select(f => SerialOf(f.Filter)).ToList();
            _all = telemetry.Contains(null);
            _serials = telemetry.OfType<string>().ToFrozenSet();
        }
    }

    /// <summary>Telemetry is <c>fleet/v1/SERIAL/SECTION</c>; a filter with other words in these places never matches it.</summary>
    private static bool CouldMatchTelemetry(string filter)
    {
        var levels = filter.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i] == "#") return true;
            if (i > 3) return false;
            var word = i switch { 0 => "fleet", 1 => "v1", _ => null };
            if (word is not null && levels[i] != word && levels[i] != "+") return false;
        }
        return levels.Length == 4 && levels[3] is not ("command" or "status" or "result");
    }

    /// <summary>The terminal that a filter names; null where it may match several.</summary>
    private static string? SerialOf(string filter)
    {
        if (!filter.StartsWith(Topic.Root, StringComparison.Ordinal)) return null;
        var serial = filter[Topic.Root.Length..].Split('/')[0];
        return serial.AsSpan().ContainsAny('+', '#') ? null : serial;
    }
}
