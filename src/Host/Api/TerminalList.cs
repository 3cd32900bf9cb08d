using Fleet.Store;

namespace Fleet.Host.Api;

/// <summary>The registry in the order of serials. Sorted again only when the registry was reloaded: sorting 100,000 takes longer than a page.</summary>
internal sealed class TerminalList(Registry registry)
{
    private volatile Sorted _sorted = new(-1, []);

    private sealed record Sorted(int Version, RegisteredTerminal[] Terminals);

    /// <summary>Terminals after a serial, in order.</summary>
    public IEnumerable<RegisteredTerminal> After(string? serial)
    {
        var terminals = Current();
        for (var i = serial is null ? 0 : FirstAfter(terminals, serial); i < terminals.Length; i++) yield return terminals[i];
    }

    private RegisteredTerminal[] Current()
    {
        var version = registry.Version; // before the entries: what changes meanwhile is seen the next time
        if (_sorted.Version != version) _sorted = new(version, [.. registry.All.OrderBy(t => t.Serial, StringComparer.Ordinal)]);
        return _sorted.Terminals;
    }

    private static int FirstAfter(RegisteredTerminal[] terminals, string serial)
    {
        var (low, high) = (0, terminals.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(terminals[middle].Serial, serial) <= 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
