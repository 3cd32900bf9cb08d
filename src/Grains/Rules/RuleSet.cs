using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Rules;

/// <summary>The rules that stand together; immutable, replaced whole when the file changes.</summary>
public sealed class RuleSet(ImmutableArray<Rule> rules)
{
    public static RuleSet None { get; } = new([]);

    /// <summary>Lists of rules that several terminals share, so that a million terminals hold few of them.</summary>
    private readonly ConcurrentDictionary<(string Rules, string? Zone), LocalRules> _shared = new();

    public ImmutableArray<Rule> All => rules;

    /// <summary>The rules for one terminal; null for none.</summary>
    internal LocalRules? For(string serial, TerminalProfile profile)
    {
        if (rules.IsEmpty) return null;
        Rule[] selected = [.. rules.Where(rule => rule.Where.Selects(serial, profile))];
        if (selected.Length == 0) return null;
        var zone = profile.Zone ?? TimeZoneInfo.Utc;
        return _shared.GetOrAdd((string.Join('\n', selected.Select(rule => rule.Name)), zone.Id), new LocalRules(selected, zone));
    }
}

/// <summary>Rules as they hold at a terminal: in the zone of its site, UTC where none is known.</summary>
internal sealed record LocalRules(Rule[] All, TimeZoneInfo Zone);

/// <summary>Where the terminals of this process find the rules that stand now.</summary>
public sealed class StandingRules
{
    private volatile RuleSet _now = RuleSet.None;

    public RuleSet Now
    {
        get => _now;
        set => _now = value;
    }
}
