using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>battery-worn</c>: by the health it tells, by its cycles where it tells none, by a full charge that lasts much
/// shorter than it did at its best, or by heat, for which it is to be switched off. Each sign has two thresholds and a
/// hold time; gone when none is left. A charge that is merely low is <see cref="BatteryLow"/>.
/// </summary>
internal struct BatteryWorn : ITimedDetector
{
    [Flags]
    private enum Signs : byte { None = 0, Health = 1, Cycles = 2, Runtime = 4, Heat = 8 }

    private HeldAlarm _alarm;
    private byte _signs;

    /// <summary>The signs that were said.</summary>
    private byte _said;

    public static string Name => "battery-worn";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Power is not null) Judge(hearing);
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.BatteryWorn.HoldFor, limits.BatteryWorn.HoldFor);

    private void Judge(in Hearing hearing)
    {
        var (limits, battery, wear) = (hearing.Limits.BatteryWorn, hearing.Learned.Battery, hearing.Learned.Wear);
        if (wear.Health is { } health) Set(Signs.Health, health <= limits.WornHealth, health >= limits.GoodHealth);
        Set(Signs.Cycles, wear.Health is null && wear.Cycles >= limits.WornCycles, wear.Health is not null || wear.Cycles < limits.WornCycles);
        var runtime = battery is { UsualHours: > 0, BestHours: > 0 } ? battery.UsualHours / battery.BestHours : 1;
        Set(Signs.Runtime, runtime <= limits.WornRuntimeShare, runtime >= limits.GoodRuntimeShare);
        if (hearing.Report.Power?.Celsius is { } celsius) Set(Signs.Heat, celsius >= limits.HotCelsius, celsius <= limits.CooledCelsius);

        _alarm.See(_signs != 0, hearing.AtMs);
        if (_alarm.IsRaised && (_signs & ~_said) != 0)
        {
            _said |= _signs;
            hearing.Change(Name, _alarm.Alarm, Evidence(hearing));
        }
    }

    private void Set(Signs sign, bool isBad, bool isGood)
    {
        if (isBad) _signs |= (byte)sign;
        else if (isGood) _signs &= (byte)~sign;
    }

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs == 0 || hearing.AtMs < dueAtMs) return;
        _alarm.Turn(Name, hearing, Evidence(hearing));
        _said = _signs;
    }

    private readonly ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var (battery, wear) = (hearing.Learned.Battery, hearing.Learned.Wear);
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        if (_signs != 0) evidence.Add(new("signs", Text: ((Signs)_signs).ToString().ToLowerInvariant()));
        if (wear.Health is { } health) evidence.Add(new("healthPercent", Math.Round(100 * health)));
        if (wear.Cycles is { } cycles) evidence.Add(new("cycles", cycles));
        if (battery.UsualHours > 0) evidence.Add(new("usualHours", Math.Round(battery.UsualHours, 1)));
        if (battery.BestHours > 0) evidence.Add(new("bestHours", Math.Round(battery.BestHours, 1)));
        if (hearing.Report.Power?.Celsius is { } celsius) evidence.Add(new("celsius", celsius));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _signs);
        codec.Field(ref _said);
    }
}
