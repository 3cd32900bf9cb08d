using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>bad-reports</c>: its counters go backwards, again and again, and no reboot, crash or update explains it, told just
/// before or after; or what it sends is refused, again and again (docs/wire.md has the reasons). Gone when neither has
/// happened for days. A single bad payload is nothing, and those of a day's fits and starts neither.
/// </summary>
internal struct BadReports : IDetector
{
    private const double DayMs = 86_400_000;

    private Alarm _alarm;

    /// <summary>Unexplained ones, forgotten with a time constant of a day.</summary>
    private float _ofDay;
    private Moment _atMs;

    /// <summary>When a counter went back that nothing has explained yet; 0 for none.</summary>
    private Moment _backAtMs;
    private Moment _explainedAtMs;

    /// <summary>Refused ones, forgotten alike.</summary>
    private float _refusedOfDay;
    private Moment _refusedAtMs;
    private byte _refusal;

    /// <summary>Of the newest that was counted: when it came, and its place in its journal, so that a replay counts none twice.</summary>
    private Moment _countedAtMs;
    private long _ordinal;

    public static string Name => "bad-reports";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var withinMs = (long)hearing.Limits.BadReports.ExplainedWithin.TotalMilliseconds;
        if (IsExplanation(hearing, withinMs)) (_explainedAtMs, _backAtMs) = (hearing.AtMs, 0);
        var isExplained = _explainedAtMs != 0 && hearing.AtMs - _explainedAtMs <= withinMs;
        if (!isExplained) _explainedAtMs = 0;
        Forget(ref _ofDay, ref _atMs, hearing.AtMs);
        if (_backAtMs != 0 && hearing.AtMs - _backAtMs >= withinMs) (_ofDay, _backAtMs, _atMs) = (_ofDay + 1, 0, hearing.AtMs);
        if (hearing.Growth.WentBack && !isExplained && _backAtMs == 0) _backAtMs = hearing.AtMs;
        Forget(ref _refusedOfDay, ref _refusedAtMs, hearing.AtMs);
        Judge(hearing);
    }

    /// <summary>A payload of it was refused; the hearing's time is the arrival's.</summary>
    public void HearRefused(in Hearing hearing, in Input input)
    {
        var cameAtMs = (Moment)input.AtMs;
        if (_countedAtMs != 0 && (cameAtMs < _countedAtMs || (cameAtMs == _countedAtMs && input.Ordinal <= _ordinal))) return;
        (_countedAtMs, _ordinal) = (cameAtMs, input.Ordinal);
        Forget(ref _refusedOfDay, ref _refusedAtMs, hearing.AtMs);
        (_refusedOfDay, _refusedAtMs, _refusal) = (_refusedOfDay + 1, hearing.AtMs, (byte)input.Refusal);
        Judge(hearing);
    }

    private void Judge(in Hearing hearing)
    {
        var limits = hearing.Limits.BadReports;
        if (!_alarm.IsRaised && (_ofDay >= limits.PerDayToRaise || _refusedOfDay >= limits.RefusedPerDayToRaise)) hearing.Raise(Name, ref _alarm, Evidence());
        else if (_alarm.IsRaised && _ofDay <= limits.PerDayToClear && _refusedOfDay <= limits.PerDayToClear) hearing.Clear(Name, ref _alarm, Evidence());
        if (!_alarm.IsRaised && _refusedOfDay == 0) (_refusal, _countedAtMs, _ordinal) = (0, 0, 0);
    }

    private static void Forget(ref float ofDay, ref Moment countedAtMs, long atMs)
    {
        if (ofDay > 0) ofDay = (float)(ofDay * Math.Exp(-Math.Max(0, atMs - countedAtMs) / DayMs));
        if (ofDay < 0.01) ofDay = 0;
        countedAtMs = ofDay > 0 ? atMs : 0;
    }

    private static bool IsExplanation(in Hearing hearing, long withinMs) =>
        hearing.Growth.Reboots > 0 || hearing.Growth.Crashes > 0 || hearing.Growth.IsNewVersion
        || hearing.Report.Heartbeat?.UptimeSeconds * 1000 <= withinMs;

    private readonly ImmutableArray<Evidence> Evidence()
    {
        var wentBack = new Evidence("countersWentBackOfDay", Math.Round(_ofDay, 1));
        return _refusal == 0 ? [wentBack] : [wentBack, new("refusedOfDay", Math.Round(_refusedOfDay, 1)), new("lastRefusal", Text: Refusals.Name((Refusal)_refusal))];
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _ofDay);
        codec.Field(ref _atMs);
        codec.Field(ref _backAtMs);
        codec.Field(ref _explainedAtMs);
        codec.Field(ref _refusedOfDay);
        codec.Field(ref _refusedAtMs);
        codec.Field(ref _refusal);
        codec.Field(ref _countedAtMs);
        codec.Field(ref _ordinal);
    }
}
