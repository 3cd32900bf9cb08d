using System.Collections.Immutable;
using Fleet.Grains.Faults;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Rules;

/// <summary>Where one rule stands at one terminal.</summary>
internal struct RuleStanding(uint rule)
{
    /// <summary>A reading that stays where it went is what is usual from then on.</summary>
    private static readonly TimeSpan s_usualAgain = TimeSpan.FromDays(1);

    private uint _rule = rule;
    private Alarm _alarm;

    /// <summary>Since when the condition that would change the alarm holds, Unix ms; 0 while it does not.</summary>
    private long _sinceMs;

    /// <summary>When it was last judged, on a new reading or as time passed, Unix ms; 0 while nothing was read, or not since it was silent: then time alone raises nothing.</summary>
    private long _judgedAtMs;

    /// <summary>The last reading.</summary>
    private double? _number;
    private string? _word;

    /// <summary>Of what that is: the hash of its name; 0 in states of before.</summary>
    private uint _reading;

    /// <summary>The rule's code, while its alarm is raised: whoever clears it may not know the rule any more.</summary>
    private string? _code;

    /// <summary>Of a rule that asks for the unusual; null otherwise.</summary>
    private UnusualStanding? _unusual;

    public readonly uint Rule => _rule;
    public readonly Alarm Alarm => _alarm;
    public readonly string Code => _code ?? "";

    private readonly Reading Last => new(_number, _word);

    /// <summary>The rule as it stands now: its file may ask for another reading by now, or have made it another kind.</summary>
    public void Expect(Rule rule, in Hearing hearing)
    {
        var reading = Parts.Hash(rule.ReadingName);
        if (_reading != 0 && _reading != reading)
        {
            End(hearing, "the rule asks for another reading");
            this = new(rule.Hash);
        }
        _reading = reading;
        if (rule.Raise.Unusual is null) _unusual = null;
        else if (_unusual?.Reading != reading) _unusual = new(reading);
    }

    public void Hear(Rule rule, Reading reading, in Hearing hearing, TimeZoneInfo zone)
    {
        (_number, _word) = (reading.Number, reading.Word);
        // It learns outside the rule's hours too.
        var isUnusual = reading.Number is { } value && _unusual?.Hear(value, hearing.AtMs, rule.Limits(hearing.IntervalSeconds)) == true;
        Judge(rule, hearing, zone, isUnusual);
    }

    /// <summary>Time has passed; the last reading stands as long as the terminal does not fall silent.</summary>
    public void Tick(Rule rule, in Hearing hearing, TimeZoneInfo zone)
    {
        if (_judgedAtMs == 0) return;
        if (hearing.IsRaised<Offline>() && !_alarm.IsRaised) _judgedAtMs = 0;
        else Judge(rule, hearing, zone, isUnusual: false);
    }

    private void Judge(Rule rule, in Hearing hearing, TimeZoneInfo zone, bool isUnusual)
    {
        var atMs = hearing.AtMs;
        _judgedAtMs = Math.Max(1, atMs);
        if (rule.Schedule?.Contains(atMs, zone) == false)
        {
            _sinceMs = 0;
            if (_alarm.IsRaised) Clear(rule, hearing, "its hours are over");
            return;
        }
        var condition = _alarm.IsRaised ? rule.Clear : rule.Raise;
        if (!(_alarm.IsRaised ? IsOver(rule, atMs) : isUnusual || condition.Judges(Last)))
        {
            _sinceMs = 0;
            return;
        }
        if (_sinceMs == 0 || atMs < _sinceMs) _sinceMs = atMs; // a clock that is set back begins the hold again
        if (atMs - _sinceMs < condition.For.TotalMilliseconds) return;
        if (_alarm.IsRaised) Clear(rule, hearing, because: null);
        else
        {
            _code = rule.Code;
            hearing.Raise(rule.Code, ref _alarm, Evidence(rule, rule.Raise, atMs));
        }
        _sinceMs = 0;
    }

    /// <summary>The unusual ends where the reading is back in the range that it left, or has become what is usual.</summary>
    private readonly bool IsOver(Rule rule, long atMs) => _unusual is null || !rule.Clear.IsOpposite
        ? rule.Clear.Judges(Last)
        : (_number is { } value && _unusual.IsUsual(value)) || atMs - _alarm.RaisedAtMs >= s_usualAgain.TotalMilliseconds;

    public readonly long DueAtMs(Rule rule, TimeZoneInfo zone)
    {
        if (_judgedAtMs == 0) return 0;
        var holdFor = _alarm.IsRaised ? rule.Clear.For : rule.Raise.For;
        var heldAtMs = _sinceMs == 0 ? 0 : _sinceMs + (long)holdFor.TotalMilliseconds;
        // The schedule's edges matter while the alarm stands, or waits for its hours: the next one that it was not judged at yet.
        if (rule.Schedule is not { } schedule || !(_alarm.IsRaised || rule.Raise.Judges(Last))) return heldAtMs;
        var edgeMs = schedule.NextEdgeMs(_judgedAtMs, zone);
        return heldAtMs == 0 ? edgeMs : Math.Min(heldAtMs, edgeMs);
    }

    /// <summary>The rule is gone, or is not for this terminal any more.</summary>
    public void End(in Hearing hearing, string because = "the rule was taken back")
    {
        if (_alarm.IsRaised) hearing.Clear(Code, ref _alarm, [new("because", Text: because)]);
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
        evidence.Add(new("limit", Text: $"{rule.Raise}"));
        if (_unusual is not null)
        {
            evidence.Add(new("unusual", Text: $"{_unusual.Aspect}".ToLowerInvariant()));
            evidence.Add(new("usualFrom", _unusual.Usual.From));
            evidence.Add(new("usualTo", _unusual.Usual.To));
        }
        if (condition.For > TimeSpan.Zero && _sinceMs != 0) evidence.Add(new("heldSeconds", (atMs - _sinceMs) / 1000));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _rule);
        _alarm.Codec(ref codec);
        codec.Field(ref _sinceMs);
        codec.Field(ref _judgedAtMs);
        codec.Field(ref _number);
        codec.Field(ref _word);
        codec.Field(ref _code);
    }

    /// <summary>Behind all standings, for states of before have none.</summary>
    public void UnusualCodec(ref StateCodec codec)
    {
        var isThere = _unusual is not null;
        codec.Field(ref isThere);
        if (!isThere) return;
        (_unusual ??= new(0)).Codec(ref codec);
    }

    /// <summary>Behind those.</summary>
    public void ReadingCodec(ref StateCodec codec) => codec.Field(ref _reading);
}
