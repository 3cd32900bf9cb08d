using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>battery-worn</c>: little of the capacity that it had when new is left.</summary>
internal struct BatteryWorn : IDetector
{
    private Alarm _alarm;

    public static string Name => "battery-worn";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Power?.Health is not { } health) return;
        ImmutableArray<Evidence> evidence = [new("healthPercent", Math.Round(100 * health))];
        if (!_alarm.IsRaised && health < 0.6) hearing.Raise(Name, ref _alarm, evidence);
        else if (_alarm.IsRaised && health > 0.8) hearing.Clear(Name, ref _alarm, evidence);
    }

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
