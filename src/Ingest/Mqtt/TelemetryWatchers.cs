using System.Collections.Concurrent;
using System.Text;
using Fleet.Ingest.Mqtt.Sessions;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// Which live telemetry somebody subscribes to: it goes the long way, past them. A filter that names one terminal
/// sends only that terminal's messages there; any other filter sends all, unless nobody would get them.
/// </summary>
internal sealed class TelemetryWatchers
{
    private readonly Lock _lock = new();

    /// <summary>How many filters name a terminal: as many as terminals, so a change costs the same at any number.</summary>
    private readonly ConcurrentDictionary<string, int> _named = new();

    /// <summary>The others: of tools, which are few. No terminal may subscribe to more than its own.</summary>
    private volatile Subscription[] _wide = [];

    public bool Watch(ReadOnlySpan<byte> serial)
    {
        // QoS 0 is for nobody while its session has no connection; a session may be kept for days.
        foreach (var subscription in _wide)
            if (subscription.Qos > 0 || subscription.Session.IsReady) return true;
        Span<char> name = stackalloc char[Journal.Entry.MaxSerialBytes];
        return _named.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(name[..Encoding.ASCII.GetChars(serial, name)]);
    }

    /// <summary>A subscription begins, ends, or takes the place of another.</summary>
    public void Change(Subscription? from, Subscription? to)
    {
        // What follows is there before what was goes: nothing slips past a watcher that renews its subscription.
        if (to is not null && Watches(to.Filter, out var serial)) Add(to, serial);
        if (from is not null && Watches(from.Filter, out serial)) Remove(from, serial);
    }

    private void Add(Subscription subscription, string? serial)
    {
        if (serial is not null) _named.AddOrUpdate(serial, 1, (_, count) => count + 1);
        else lock (_lock) _wide = [.. _wide, subscription];
    }

    private void Remove(Subscription subscription, string? serial)
    {
        if (serial is null)
        {
            lock (_lock) _wide = Array.FindAll(_wide, s => !ReferenceEquals(s, subscription));
            return;
        }
        _named.AddOrUpdate(serial, 0, (_, count) => count - 1);
        _named.TryRemove(new(serial, 0));
    }

    /// <summary>Telemetry is <c>fleet/v1/SERIAL/SECTION</c>; a filter with other words in these places never matches it.</summary>
    /// <param name="serial">The terminal that the filter names; null where it may match several.</param>
    private static bool Watches(string filter, out string? serial)
    {
        serial = null;
        var levels = Packets.TopicFilter.Split(filter).Filter.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i] == "#") return true;
            if (i > 3) return false;
            var word = i switch { 0 => "fleet", 1 => "v1", _ => null };
            if (word is not null && levels[i] != word && levels[i] != "+") return false;
            if (i == 2 && levels[i] != "+") serial = levels[i];
        }
        return levels.Length == 4 && levels[3] is not ("command" or "status" or "result");
    }
}
