using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>How worn the battery is by its own word, and how fast that goes: from its first reading, until another battery is in.</summary>
internal struct Wear : IPart
{
    /// <summary>A capacity that rises by more, or cycles that fall by more, are another battery's.</summary>
    private const double HealthRise = 0.15;
    private const uint CyclesBack = 20;

    /// <summary>What must have passed and been lost for a trend.</summary>
    private const double LeastDays = 14;
    private const double LeastHealthLost = 0.02;
    private const uint LeastCycles = 10;

    /// <summary>Gauges tell whole percents, so a loss is known to within one.</summary>
    private const double HealthStep = 0.01;
    private const double Full = 10_000;
    private const double MostDays = 5 * 365;
    private const double DayMs = 86_400_000;

    // By arrival: some hours late are nothing in two weeks, and no clock that was wrong stretches the trend.
    private Moment _sinceMs;
    private Moment _atMs;

    // Ten thousandths; 0 for none.
    private ushort _healthThen;
    private ushort _health;

    /// <summary>One more than the cycles; 0 for none.</summary>
    private uint _cyclesThen;
    private uint _cycles;

    public static string Name => "wear";

    public readonly double? Health => _health > 0 ? _health / Full : null;
    public readonly long? Cycles => _cycles > 0 ? _cycles - 1 : null;

    /// <summary>True for another battery.</summary>
    public bool Hear(Report report)
    {
        if (report.Power is not ({ Health: not null } or { Cycles: not null }) || report.Power is not { } power) return false;
        var health = Parts(power.Health ?? 0);
        var cycles = power.Cycles is { } counted ? (uint)Math.Min(counted, uint.MaxValue - 1) + 1 : 0;
        var isOther = (_health > 0 && health > _health + (Full * HealthRise)) || (cycles > 0 && (ulong)cycles + CyclesBack < _cycles);
        if (isOther) (_sinceMs, _health, _healthThen, _cycles, _cyclesThen) = (0, 0, 0, 0, 0);
        if (_sinceMs == 0) _sinceMs = Math.Max(1, report.ReceivedAtMs);
        if (health > 0) _health = health;
        if (cycles > 0) _cycles = cycles;
        if (_healthThen == 0) _healthThen = _health;
        if (_cyclesThen == 0) _cyclesThen = _cycles;
        _atMs = report.ReceivedAtMs;
        return isOther;
    }

    /// <summary>When the battery will be worn, by the straight line through its health, or its cycles where it tells no health; null while there is no trend.</summary>
    public readonly Forecast? Replacement(BatteryWornLimits limits)
    {
        var days = (_atMs - _sinceMs) / DayMs;
        if (_sinceMs == 0 || days < LeastDays) return null;
        if (_health > 0)
        {
            var (lost, left) = ((_healthThen - _health) / Full, Math.Max(0, (_health / Full) - limits.WornHealth));
            return lost < LeastHealthLost ? null : In(days * left / lost, days * left / (lost + HealthStep), days * left / (lost - HealthStep));
        }
        if (_cycles < _cyclesThen + LeastCycles) return null;
        var (done, toDo) = (_cycles - _cyclesThen, Math.Max(0, limits.WornCycles - (_cycles - 1d)));
        // Trade is no steady thing: a fifth more or less is common.
        return In(days * toDo / done, days * toDo / done / 1.2, days * toDo / done / 0.8);
    }

    private static ushort Parts(double health) => (ushort)Math.Round(Math.Clamp(health, 0, 1) * Full);

    private readonly Forecast In(double days, double earliest, double latest) => new(After(days), After(earliest), After(latest));

    private readonly long After(double days) => _atMs + (long)(Math.Min(days, MostDays) * DayMs);

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _sinceMs);
        codec.Field(ref _atMs);
        var (healthThen, health) = ((float)(_healthThen / Full), (float)(_health / Full));
        codec.Field(ref healthThen);
        codec.Field(ref health);
        (_healthThen, _health) = (Parts(healthThen), Parts(health));
        codec.Field(ref _cyclesThen);
        codec.Field(ref _cycles);
    }
}
