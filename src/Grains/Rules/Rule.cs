using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Rules;

/// <summary>A reading compared, and how long that must hold. One of the three is set.</summary>
/// <param name="Is">The word it is; a flag's are true and false.</param>
public sealed record Condition(double? Above, double? Below, string? Is, TimeSpan For)
{
    public bool Holds(Reading reading) =>
        Is is not null ? string.Equals(reading.Word, Is, StringComparison.OrdinalIgnoreCase)
        : Above is not null ? reading.Number > Above
        : reading.Number < Below;

    /// <summary>Where a rule has no clear condition of its own: when this one does not hold.</summary>
    internal bool IsOpposite { get; init; }

    internal bool Judges(Reading reading) => IsOpposite != Holds(reading);
}

/// <summary>Which terminals a rule is for; what is empty does not matter.</summary>
public sealed record Selector(ImmutableArray<string> Models, ImmutableArray<string> Merchants, ImmutableArray<string> Sites, ImmutableArray<string> Serials)
{
    public static Selector All { get; } = new([], [], [], []);

    public bool Selects(string serial, TerminalProfile profile) =>
        Is(Models, profile.Model) && Is(Merchants, profile.Merchant) && Is(Sites, profile.Site) && Is(Serials, serial);

    private static bool Is(ImmutableArray<string> wanted, string? value) => wanted.IsEmpty || (value is not null && wanted.Contains(value));
}

/// <summary>One rule of the operator's file. Its alerts have the fault code <see cref="Code"/>.</summary>
/// <param name="Fault">Catalogue fields for its alerts (severity, title, …) as the file has them; Alerts reads them.</param>
public sealed record Rule(
    string Name, string ReadingName, Condition Raise, Condition Clear, Schedule? Schedule, Selector Where, JsonObject? Fault)
{
    /// <summary>What the codes of all rules begin with.</summary>
    public const string Prefix = "rule:";

    public string Code { get; } = Prefix + Name;

    /// <summary>What a terminal's stored state knows it by.</summary>
    internal uint Hash { get; } = Parts.Hash(Name);

    private readonly Func<Report, Reading> _read = Readings.Named(ReadingName) ?? throw new ArgumentException($"there is no reading {ReadingName}", nameof(ReadingName));

    internal Reading Read(Report report) => _read(report);
}
