using System.Collections.Immutable;
using System.Globalization;
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
    }
}

/// <summary>Where one rule stands at one terminal.</summary>
internal struct RuleStanding(uint rule)
{
    private uint _rule = rule;
    private Alarm _alarm;

    /// <summary>Since when the condition that would change the alarm holds, Unix ms; 0 while it does not.</summary>
    private long _sinceMs;

    /// <summary>The last reading's time and value.</summary>
    private long _readAtMs;
    private double? _number;
    private string? _word;

    /// <summary>The rule's code, while its alarm is raised: whoever clears it may not know the rule any more.</summary>
    private string? _code;

    public readonly uint Rule => _rule;
    public readonly Alarm Alarm => _alarm;
    public readonly string Code => _code ?? "";

    private readonly Reading Last => new(_number, _word);

    public void Hear(Rule rule, Reading reading, in Hearing hearing, TimeZoneInfo zone)
    {
        (_readAtMs, _number, _word) = (hearing.AtMs, reading.Number, reading.Word);
        Judge(rule, hearing, zone);
    }

    /// <summary>Time has passed; the last reading stands as long as the terminal does not fall silent.</summary>
    public void Tick(Rule rule, in Hearing hearing, TimeZoneInfo zone)
    {
        if (_readAtMs == 0 || (hearing.IsRaised<Offline>() && !_alarm.IsRaised)) return;
        Judge(rule, hearing, zone);
    }

    private void Judge(Rule rule, in Hearing hearing, TimeZoneInfo zone)
    {
        var atMs = hearing.AtMs;
        if (rule.Schedule?.Contains(atMs, zone) == false)
        {
            _sinceMs = 0;
            if (_alarm.IsRaised) Clear(rule, hearing, "its hours are over");
            return;
        }
        var condition = _alarm.IsRaised ? rule.Clear : rule.Raise;
        if (!condition.Judges(Last))
        {
            _sinceMs = 0;
            return;
        }
        if (_sinceMs == 0) _sinceMs = atMs;
        if (atMs - _sinceMs < condition.For.TotalMilliseconds) return;
        if (_alarm.IsRaised) Clear(rule, hearing, because: null);
        else
        {
            _code = rule.Code;
            hearing.Raise(rule.Code, ref _alarm, Evidence(rule, rule.Raise, atMs));
        }
        _sinceMs = 0;
    }

    public readonly long DueAtMs(Rule rule, TimeZoneInfo zone)
    {
        if (_readAtMs == 0) return 0;
        var condition = _alarm.IsRaised ? rule.Clear : rule.Raise;
        var holds = condition.Judges(Last);
        var heldAtMs = _sinceMs != 0 ? _sinceMs + (long)condition.For.TotalMilliseconds : 0;
        // The schedule's edges matter while the alarm stands, or waits for its hours.
        if (rule.Schedule is not { } schedule || (!_alarm.IsRaised && !holds)) return heldAtMs;
        var edgeMs = schedule.NextEdgeMs(Math.Max(_readAtMs, Math.Max(_sinceMs, _alarm.RaisedAtMs)), zone);
        return heldAtMs == 0 ? edgeMs : Math.Min(heldAtMs, edgeMs);
    }

    /// <summary>The rule is gone, or is not for this terminal any more.</summary>
    public void End(in Hearing hearing)
    {
        if (_alarm.IsRaised) hearing.Clear(Code, ref _alarm, [new("because", Text: "the rule was taken back")]);
    }

    private void Clear(Rule rule, in Hearing hearing, string? because)
    {
        var evidence = Evidence(rule, rule.Clear, hearing.AtMs);
        hearing.Clear(rule.Code, ref _alarm, because is null ? evidence : evidence.Add(new("because", Text: because)));
        _code = null;
    }

    private readonly ImmutableArray<Evidence> Evidence(Rule rule, Condition condition, long atMs)
    {
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new(rule.ReadingName, _number, _word));
        var raise = rule.Raise;
        evidence.Add(new("limit", Text: raise.Is is { } word ? $"is {word}"
            : raise.Above is { } above ? string.Create(CultureInfo.InvariantCulture, $"above {above}")
            : string.Create(CultureInfo.InvariantCulture, $"below {raise.Below}")));
        if (condition.For > TimeSpan.Zero && _sinceMs != 0) evidence.Add(new("heldSeconds", (atMs - _sinceMs) / 1000));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _rule);
        _alarm.Codec(ref codec);
        codec.Field(ref _sinceMs);
        codec.Field(ref _readAtMs);
        codec.Field(ref _number);
        codec.Field(ref _word);
        codec.Field(ref _code);
    }
}
