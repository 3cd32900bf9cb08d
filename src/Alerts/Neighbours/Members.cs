using Fleet.Grains.Neighbours;
using Fleet.Store;

namespace Fleet.Alerts.Neighbours;

/// <summary>Who is whose neighbour: by the register, of which an index is made again when it changes, and by the census.</summary>
internal sealed class Members(Registry registry, Census census)
{
    private readonly Lock _lock = new();
    private volatile Index _index = new(-1, [], [], []);

    /// <param name="First">The terminal with the first serial, which stands for the others: its address is theirs.</param>
    private readonly record struct Crowd(int Count, RegisteredTerminal First);

    /// <param name="Serials">Of sites and regions, whose terminals may do without something.</param>
    private sealed record Index(int Version, Dictionary<string, Crowd> Groups, Dictionary<string, RegisteredTerminal> Merchants, Dictionary<string, List<string>> Serials);

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
    public IReadOnlyDictionary<string, long> Without(string group, Without what) => census.Lacking(Now().Serials.GetValueOrDefault(group) ?? [], what);

    private Index Now()
    {
        var index = _index;
        if (index.Version == registry.Version) return index;
        lock (_lock) return _index.Version == registry.Version ? _index : _index = Read();
    }

    private Index Read()
    {
        var index = new Index(registry.Version, [], [], []);
        foreach (var terminal in registry.All)
        {
            Stand(index.Merchants, terminal.Merchant, terminal);
            var around = new Surroundings(terminal.Site, terminal.Carrier, Region: terminal.Region);
            foreach (var kind in GroupKind.All)
            {
                if (kind.SubjectIn(around) is not { } group) continue;
                var crowd = index.Groups.GetValueOrDefault(group, new(0, terminal));
                index.Groups[group] = new(crowd.Count + 1, FirstOf(crowd.First, terminal));
                if (kind != GroupKind.Site && kind != GroupKind.Region) continue;
                if (!index.Serials.TryGetValue(group, out var serials)) index.Serials[group] = serials = [];
                serials.Add(terminal.Serial);
            }
        }
        return index;
    }

    private static void Stand(Dictionary<string, RegisteredTerminal> merchants, string merchant, RegisteredTerminal terminal) =>
        merchants[merchant] = merchants.TryGetValue(merchant, out var other) ? FirstOf(other, terminal) : terminal;

    private static RegisteredTerminal FirstOf(RegisteredTerminal one, RegisteredTerminal other) =>
        string.CompareOrdinal(one.Serial, other.Serial) <= 0 ? one : other;
}
