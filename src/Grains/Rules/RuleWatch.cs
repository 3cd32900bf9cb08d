using Fleet.Grains.Faults;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Rules;

/// <summary>
/// What the operator's rules see of one terminal: where each stands. Costs nothing for a terminal that no rule is for.
/// A hold ends without a new message; a rule's alarm ends with its schedule, and with the rule itself.
/// </summary>
internal struct RuleWatch : IPart
{
    private RuleStanding[]? _standings;

    public static string Name => "rules";

    public readonly void Hear(in Hearing hearing, Rule[] rules, TimeZoneInfo zone)
    {
        for (var i = 0; i < rules.Length; i++)
        {
            var reading = rules[i].Read(hearing.Report);
            if (reading.IsThere) _standings![i].Hear(rules[i], reading, hearing, zone);
            else _standings![i].Tick(rules[i], hearing, zone);
        }
    }

    public readonly void Tick(in Hearing hearing, Rule[] rules, TimeZoneInfo zone)
    {
        for (var i = 0; i < rules.Length; i++) _standings![i].Tick(rules[i], hearing, zone);
    }

    /// <summary>Other rules stand: those that go clear their alarms.</summary>
    public void Change(in Hearing hearing, Rule[] rules)
    {
        var before = _standings ?? [];
        var after = rules.Length == 0 ? null : new RuleStanding[rules.Length];
        for (var i = 0; i < rules.Length; i++)
        {
            var known = Array.FindIndex(before, standing => standing.Rule == rules[i].Hash);
            after![i] = known >= 0 ? before[known] : new(rules[i].Hash);
            after[i].Expect(rules[i], hearing);
        }
        foreach (ref var standing in before.AsSpan())
        {
            var hash = standing.Rule;
            if (!Array.Exists(rules, rule => rule.Hash == hash)) standing.End(hearing);
        }
        _standings = after;
    }

    public readonly long DueAtMs(Rule[] rules, TimeZoneInfo zone)
    {
        var due = 0L;
        for (var i = 0; i < rules.Length && _standings is not null; i++)
        {
            var one = _standings[i].DueAtMs(rules[i], zone);
            if (one != 0 && (due == 0 || one < due)) due = one;
        }
        return due;
    }

    /// <summary>Adds the codes of the rules whose alarms are raised.</summary>
    public readonly void Open(List<string> codes)
    {
        foreach (var standing in _standings ?? [])
            if (standing.Alarm.IsRaised) codes.Add(standing.Code);
    }

    public void Codec(ref StateCodec codec)
    {
        var count = _standings?.Length ?? 0;
        codec.Field(ref count);
        if (count == 0) return;
        if (count is < 0 or > RuleFile.MostRules) throw new InvalidDataException("The state has more rules than a file may.");
        _standings ??= new RuleStanding[count];
        foreach (ref var standing in _standings.AsSpan()) standing.Codec(ref codec);
        foreach (ref var standing in _standings.AsSpan()) standing.UnusualCodec(ref codec);
        foreach (ref var standing in _standings.AsSpan()) standing.ReadingCodec(ref codec);
    }
}
