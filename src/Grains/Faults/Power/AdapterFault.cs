using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>adapter-fault</c>: one of three signs, for a hold time that may end without another message. Mains are lost in
/// trading hours at a terminal that stands on mains; they come and go more often than is usual for this terminal, which
/// may be one that is taken off its cradle for every payment; or the charge falls while on mains. A power cut takes the
/// mains of all terminals of a site, which its neighbourhood sees.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct AdapterFault : ITimedDetector
{
    private enum Sign : byte { None, Lost, ComesAndGoes, ChargeFalls }

    private HeldAlarm _alarm;
    private byte _sign;
    private bool _wasOnMains;
    private Usage _usage;

    /// <summary>The highest charge since mains came; 0 while there are none.</summary>
    private float _peakCharge;

    public static string Name => "adapter-fault";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Power is not null && hearing.Learned.Battery.Source != PowerSource.Unknown) Judge(hearing);
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.Adapter.HoldFor, limits.Adapter.ClearFor);

    private void Judge(in Hearing hearing)
    {
        var (battery, isOpen) = (hearing.Learned.Battery, hearing.Learned.Hours.IsOpen(hearing.AtMs));
        var isOnMains = battery.Source == PowerSource.Mains;
        _usage.Note(hearing.AtMs, isOnMains, isLoss: _wasOnMains && !isOnMains, isTypical: isOpen && !_alarm.IsRaised);
        _peakCharge = isOnMains ? Math.Max(_peakCharge, (float)(battery.Charge ?? 0)) : 0;
        _wasOnMains = isOnMains;

        var sign = Seen(hearing.Limits.Adapter, isOnMains, battery.Charge);
        if (sign != Sign.None) _sign = (byte)sign;
        // At night a strip of sockets is switched off on purpose; what is raised stays as it is until the morning.
        if (isOpen || !_alarm.IsRaised) _alarm.See(sign != Sign.None && isOpen, hearing.AtMs);
    }

    /// <summary>What is seen now; what is raised goes only with half of what raised it.</summary>
    private readonly Sign Seen(AdapterLimits limits, bool isOnMains, double? charge)
    {
        var part = _alarm.IsRaised ? 0.5 : 1;
        if (charge < limits.RestingCharge && _peakCharge - charge >= part * limits.Fall) return Sign.ChargeFalls;
        if (!_usage.IsKnown(limits.LearnFor)) return Sign.None;
        if (_usage.Losses >= (part * limits.Losses) + (3 * _usage.UsualLosses)) return Sign.ComesAndGoes;
        return !isOnMains && StandsOnMains(limits) ? Sign.Lost : Sign.None;
    }

    public readonly bool StandsOnMains(AdapterLimits limits) => _usage.IsKnown(limits.LearnFor) && _usage.MainsShare >= limits.StandsOnMainsShare;

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs != 0 && hearing.AtMs >= dueAtMs) _alarm.Turn(Name, hearing, Evidence(hearing));
    }

    private readonly ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var battery = hearing.Learned.Battery;
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("sign", Text: (Sign)_sign switch { Sign.Lost => "mains lost", Sign.ComesAndGoes => "mains come and go", _ => "charge falls on mains" }));
        evidence.Add(new("source", Text: Words.Text(battery.Source)));
        if (battery.Charge is { } charge) evidence.Add(new("chargePercent", Math.Round(100 * charge)));
        evidence.Add(new("mainsLossesOfLastHour", Math.Round(_usage.Losses)));
        evidence.Add(new("usualOnMainsPercent", Math.Round(100 * _usage.MainsShare)));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _sign);
        codec.Field(ref _wasOnMains);
        _usage.Codec(ref codec);
        codec.Field(ref _peakCharge);
    }

    /// <summary>How a terminal is used: how much of its time it is on mains, and how often those are lost.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 2)]
    private struct Usage
    {
        private const double HourMs = 3_600_000;

        /// <summary>A longer time between two reports says nothing.</summary>
        private const double LongestGapHours = 1;

        /// <summary>After so long what is older counts half.</summary>
        private const float MemoryHours = 28 * 24;

        /// <summary>The time constant of what losses are usual: a day of trade.</summary>
        private const double UsualHours = 10;

        private Moment _atMs;
        private float _watchedHours;
        private float _mainsHours;

        /// <summary>Losses of mains, each fading with a time constant of an hour.</summary>
        private float _losses;
        private float _usualLosses;

        public readonly double Losses => _losses;
        public readonly double UsualLosses => _usualLosses;
        public readonly double MainsShare => _watchedHours > 0 ? _mainsHours / _watchedHours : 0;

        public readonly bool IsKnown(TimeSpan learnFor) => _watchedHours >= learnFor.TotalHours;

        /// <param name="isTypical">Whether what is is how the terminal is used; then it is learned from.</param>
        public void Note(long atMs, bool isOnMains, bool isLoss, bool isTypical)
        {
            var hours = _atMs == 0 ? 0 : Math.Max(0, atMs - _atMs) / HourMs;
            _atMs = Math.Max(1, atMs);
            _losses = (float)((_losses * Math.Exp(-hours)) + (isLoss ? 1 : 0));
            if (!isTypical || hours > LongestGapHours) return;
            _watchedHours += (float)hours;
            if (isOnMains) _mainsHours += (float)hours;
            if (_watchedHours > 2 * MemoryHours) (_watchedHours, _mainsHours) = (_watchedHours / 2, _mainsHours / 2);
            _usualLosses += (float)((1 - Math.Exp(-hours / UsualHours)) * (_losses - _usualLosses));
        }

        public void Codec(ref StateCodec codec)
        {
            codec.Field(ref _atMs);
            codec.Field(ref _watchedHours);
            codec.Field(ref _mainsHours);
            codec.Field(ref _losses);
            codec.Field(ref _usualLosses);
        }
    }
}
