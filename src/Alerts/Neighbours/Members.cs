using Fleet.Grains.Neighbours;
using Fleet.Store;

namespace Fleet.Alerts.Neighbours;

/// <summary>Who is whose neighbour: by the register, of which an index is made again when it changes, and by the census.</summary>
internal sealed class Members(Registry registry, Census census)
{
    private readonly Lock _lock = new();
    private volatile Index _index = new(-1, [], [], [], []);

    /// <param name="First">The terminal with the first serial, which stands for the others: its address is theirs.</param>
    /// <param name="From">Of a site: where its terminals begin in <see cref="Index.BySite"/>.</param>
    private readonly record struct Crowd(int Count, RegisteredTerminal First, int From);

    private sealed record Index(int Version, RegisteredTerminal[] BySite, Dictionary<string, Crowd> Groups, Dictionary<string, RegisteredTerminal> Merchants,
        Dictionary<string, List<string>> ByRegion);

    public int CountOf(string group) => GroupKind.Of(group) is { IsOfCensus: true } ? census.CountOf(group) : Now().Groups.GetValueOrDefault(group).Count;

    public RegisteredTerminal? Find(string serial) => registry.Find(serial);

    /// <summary>A terminal that stands for a subject: itself, or a group's first; null where the register has none.</summary>
    public RegisteredTerminal? Standing(string subject) => registry.Find(subject) ?? Now().Groups.GetValueOrDefault(subject).First;

    /// <summary>The terminal whose register entry says where a merchant is told of a group: of the group's, if it is one of theirs.</summary>
    public RegisteredTerminal? Standing(string group, string merchant) =>
        Standing(group) is { } first && first.Merchant == merchant ? first : Now().Merchants.GetValueOrDefault(merchant);

    /// <summary>The groups that may be the cause of what a subject shows, the narrowest first; only those that are enough to show anything.</summary>
    /// <param name="around">What the terminal shares with others; of a group, what its members do.</param>
    public IEnumerable<string> Causes(string subject, string sign, Surroundings around) =>
        GroupKind.Explaining(subject, sign, around).Where(g => CountOf(g.Subject) >= g.Kind.Limits.LeastMembers).Select(g => g.Subject);

    /// <summary>What a terminal shares with others: nothing where it is not registered.</summary>
    public Surroundings Around(string serial) => registry.Find(serial) is { } terminal
        ? Surroundings.Of(new(terminal.Merchant, terminal.Site, terminal.Model, terminal.Carrier, Region: terminal.Region), census.Find(serial)) : default;

    /// <summary>The terminals of a site or a region that do without something; see <see cref="Census.Lacking"/>.</summary>
    public IReadOnlyDictionary<string, long> Without(string group, Without what)
    {
        var index = Now();
        if (index.ByRegion.TryGetValue(group, out var serials)) return census.Lacking(serials, what);
        if (GroupKind.Of(group) != GroupKind.Site || !index.Groups.TryGetValue(group, out var site)) return census.Lacking([], what);
        return census.Lacking(index.BySite.Skip(site.From).Take(site.Count).Select(terminal => terminal.Serial), what);
    }

    private Index Now()
    {
        var index = _index;
        if (index.Version == registry.Version) return index;
        lock (_lock) return _index.Version == registry.Version ? _index : _index = Read();
    }

    private Index Read()
    {
        var index = new Index(registry.Version, [.. registry.All.OrderBy(t => t.Site, StringComparer.Ordinal).ThenBy(t => t.Serial, StringComparer.Ordinal)], [], [], []);
        for (var i = 0; i < index.BySite.Length; i++)
        {
            var terminal = index.BySite[i];
            Stand(index.Merchants, terminal.Merchant, terminal);
            var around = new Surroundings(terminal.Site, terminal.Carrier, Region: terminal.Region);
            if (GroupKind.Region.SubjectIn(around) is { } region)
            {
                if (!index.ByRegion.TryGetValue(region, out var serials)) index.ByRegion[region] = serials = [];
                serials.Add(terminal.Serial);
            }
            foreach (var kind in GroupKind.All)
            {
                if (kind.SubjectIn(around) is not { } group) continue;
                if (!index.Groups.TryGetValue(group, out var crowd)) crowd = new(0, terminal, i);
                index.Groups[group] = crowd with { Count = crowd.Count + 1, First = FirstOf(crowd.First, terminal) };
            }
        }
        return index;
    }

    private static void Stand(Dictionary<string, RegisteredTerminal> merchants, string merchant, RegisteredTerminal terminal) =>
        merchants[merchant] = merchants.TryGetValue(merchant, out var other) ? FirstOf(other, terminal) : terminal;

    private static RegisteredTerminal FirstOf(RegisteredTerminal one, RegisteredTerminal other) =>
        string.CompareOrdinal(one.Serial, other.Serial) <= 0 ? one : other;
}
