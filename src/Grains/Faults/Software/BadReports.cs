using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>bad-reports</c>: its counters go backwards, again and again, and no reboot, crash or update explains it, told just
/// before or after; gone when they have not for days. Payloads that are refused never come here: they are counted at the door.
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

    public static string Name => "bad-reports";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var limits = hearing.Limits.BadReports;
        var withinMs = (long)limits.ExplainedWithin.TotalMilliseconds;
        if (IsExplanation(hearing, withinMs)) (_explainedAtMs, _backAtMs) = (hearing.AtMs, 0);
        var isExplained = _explainedAtMs != 0 && hearing.AtMs - _explainedAtMs <= withinMs;
        if (!isExplained) _explainedAtMs = 0;
        Forget(hearing.AtMs);
        if (_backAtMs != 0 && hearing.AtMs - _backAtMs >= withinMs) (_ofDay, _backAtMs, _atMs) = (_ofDay + 1, 0, hearing.AtMs);
        if (hearing.Growth.WentBack && !isExplained && _backAtMs == 0) _backAtMs = hearing.AtMs;
        if (!_alarm.IsRaised && _ofDay >= limits.PerDayToRaise) hearing.Raise(Name, ref _alarm, [Evidence()]);
        else if (_alarm.IsRaised && _ofDay <= limits.PerDayToClear) hearing.Clear(Name, ref _alarm, [Evidence()]);
    }

    private void Forget(long atMs)
    {
        if (_ofDay > 0) _ofDay = (float)(_ofDay * Math.Exp(-Math.Max(0, atMs - _atMs) / DayMs));
        if (_ofDay < 0.01) _ofDay = 0;
        _atMs = _ofDay > 0 ? atMs : 0;
    }

    private static bool IsExplanation(in Hearing hearing, long withinMs) =>
        hearing.Growth.Reboots > 0 || hearing.Growth.Crashes > 0 || hearing.Growth.IsNewVersion
        || hearing.Report.Heartbeat?.UptimeSeconds * 1000 <= withinMs;

    private readonly Evidence Evidence() => new("countersWentBackOfDay", Math.Round(_ofDay, 1));

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _ofDay);
        codec.Field(ref _atMs);
        codec.Field(ref _backAtMs);
        codec.Field(ref _explainedAtMs);
    }
}
