using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>system-fault</c>: more crashes and reboots in about a day than chance gives at the terminal's own usual rate (a
/// Poisson test); gone when they have become few, by a count that says so: silence is no proof of health. The reboot of
/// an update is nothing, and a boot loop is <see cref="NoStart"/>. Whether its whole version does so is for its cohort to
/// say.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct SystemFault : IDetector
{
    private const double DayMs = 86_400_000;

    /// <summary>How many days of its own the usual rate remembers.</summary>
    private const double UsualDays = 14;

    /// <summary>Nothing is rarer than this.</summary>
    private const double LeastPerDay = 0.05;

    private Alarm _alarm;

    /// <summary>Crashes and reboots, forgotten with a time constant of a day: at a steady rate, those of a day.</summary>
    private float _ofDay;
    private float _usualPerDay;
    private Moment _atMs;
    private Moment _updatedAtMs;

    public static string Name => "system-fault";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.System is null) return;
        var (growth, limits) = (hearing.Growth, hearing.Limits.SystemFault);
        if (growth.IsNewVersion) _updatedAtMs = hearing.AtMs;
        var isUpdate = _updatedAtMs != 0 && hearing.AtMs - _updatedAtMs <= limits.UpdateFor.TotalMilliseconds;
        var events = growth.Crashes + (isUpdate ? 0 : growth.Reboots);
        Count(events, hearing.AtMs, limits);
        if (hearing.IsRaised<NoStart>()) _ofDay = 0; // a boot loop is told already, and when it ends it is no fault of its own
        if (_alarm.IsRaised)
        {
            if (_ofDay <= limits.PerDayToClear) hearing.Clear(Name, ref _alarm, Evidence());
        }
        else if (events > 0 && _ofDay >= limits.FewestPerDay && !hearing.IsRaised<NoStart>() && Chance((int)_ofDay, BeforeDay) < limits.MostChance)
            hearing.Raise(Name, ref _alarm, Evidence());
    }

    /// <summary>The usual rate without the last day, which is what is judged.</summary>
    private readonly double BeforeDay => Math.Max(LeastPerDay, (_usualPerDay - (_ofDay / UsualDays)) / (1 - (1 / UsualDays)));

    private void Count(long events, long atMs, SystemFaultLimits limits)
    {
        if (_atMs == 0) _usualPerDay = (float)limits.UsualPerDay;
        var days = _atMs == 0 ? 0 : Math.Max(0, atMs - _atMs) / DayMs;
        var counted = Math.Min(events, 1000);
        _ofDay = (float)((_ofDay * Math.Exp(-days)) + counted);
        // What is a fault must not become usual.
        if (!_alarm.IsRaised) _usualPerDay = (float)((_usualPerDay * Math.Exp(-days / UsualDays)) + (counted / UsualDays));
        _atMs = Math.Max(_atMs, atMs);
    }

    /// <summary>How probable so many or more are: the upper tail of the Poisson distribution.</summary>
    internal static double Chance(int events, double usual)
    {
        var (term, below) = (Math.Exp(-Math.Min(usual, 700)), 0d);
        for (var k = 0; k < events; k++)
        {
            below += term;
            term *= usual / (k + 1);
        }
        return Math.Max(0, 1 - below);
    }

    private readonly ImmutableArray<Evidence> Evidence() =>
        [new("crashesAndRebootsOfDay", Math.Round(_ofDay, 1)), new("usualPerDay", Math.Round(BeforeDay, 2))];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _ofDay);
        codec.Field(ref _usualPerDay);
        codec.Field(ref _atMs);
        codec.Field(ref _updatedAtMs);
    }
}
