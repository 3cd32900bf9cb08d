using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Grains.Unusual;

namespace Fleet.Grains.Rules;

/// <summary>A reading compared, and how long that must hold. One of the four is set.</summary>
/// <param name="Is">The word it is; a flag's are true and false.</param>
/// <param name="Unusual">It is unusual for this terminal: the threshold, in widths of the range it used to have (<see cref="UnusualLimits.Threshold"/>).</param>
public sealed record Condition(double? Above, double? Below, string? Is, TimeSpan For, double? Unusual = null)
{
    public bool Holds(Reading reading) =>
        Unusual is not null ? false // no value alone is; RuleStanding asks
        : Is is not null ? string.Equals(reading.Word, Is, StringComparison.OrdinalIgnoreCase)
        : Above is not null ? reading.Number > Above
        : reading.Number < Below;

    /// <summary>Where a rule has no clear condition of its own: when this one does not hold.</summary>
    internal bool IsOpposite { get; init; }

    internal bool Judges(Reading reading) => IsOpposite != Holds(reading);

    public override string ToString() => Is is { } word ? $"is {word}"
        : Above is { } above ? string.Create(CultureInfo.InvariantCulture, $"above {above}")
        : Below is { } below ? string.Create(CultureInfo.InvariantCulture, $"below {below}")
        : string.Create(CultureInfo.InvariantCulture, $"unusual by {Unusual}");
}

/// <summary>Which terminals a rule is for; what is empty does not matter.</summary>
public sealed record Selector(ImmutableArray<string> Models, ImmutableArray<string> Merchants, ImmutableArray<string> Sites, ImmutableArray<string> Tags, ImmutableArray<string> Serials)
{
    public static Selector All { get; } = new([], [], [], [], []);

    public bool Selects(string serial, TerminalProfile profile) =>
        Is(Models, profile.Model) && Is(Merchants, profile.Merchant) && Is(Sites, profile.Site) && HasOneOf(Tags, profile.Tags) && Is(Serials, serial);

    private static bool Is(ImmutableArray<string> wanted, string? value) => wanted.IsEmpty || (value is not null && wanted.Contains(value));

    private static bool HasOneOf(ImmutableArray<string> wanted, ImmutableArray<string> tags) => wanted.IsEmpty || (!tags.IsDefault && tags.Any(wanted.Contains));
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

    /// <summary>How a rule for the unusual judges what comes at this interval; the limits of each are made once.</summary>
    internal UnusualLimits Limits(int intervalSeconds)
    {
        var seconds = Math.Clamp(intervalSeconds, 1, _limits.Length); // slower ones are judged alike (UnusualLimits.Stretch)
        return _limits[seconds - 1] ??= UnusualLimits.Fleet with { Threshold = Raise.Unusual!.Value, ReportInterval = TimeSpan.FromSeconds(seconds) };
    }

    private readonly UnusualLimits?[] _limits = Raise.Unusual is null ? [] : new UnusualLimits?[(int)UnusualLimits.DesignInterval.TotalSeconds];
}
