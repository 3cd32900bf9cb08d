using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>no-start</c>: it starts again and again after short runs, or is silent with low power in its last words, at the
/// moment when silence is a fault; then it is not <see cref="Offline"/>, which gives way. Gone when it has run for a while.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct NoStart : ITimedDetector
{
    /// <summary>The reason it gives where the terminal is silent.</summary>
    public const string Silent = "silent after low power";

    private Alarm _alarm;
    private Starts _starts;

    /// <summary>When power was last seen low, with nothing better since, server time; 0 for not.</summary>
    private Moment _lowAtMs;

    /// <summary>While raised: since when it runs; 0 while it does not.</summary>
    private Moment _runsSinceMs;

    public static string Name => "no-start";

    public readonly Alarm Alarm => _alarm;

    /// <summary>The deadline of silence is the terminal's own.</summary>
    public readonly long DueAtMs(FaultLimits limits) => 0;

    public void Hear(in Hearing hearing)
    {
        var (report, limits) = (hearing.Report, hearing.Limits.NoStart);
        if (report.Power is { } power) _lowAtMs = IsLow(power, hearing) ? report.ReceivedAtMs : 0;
        var started = _starts.Hear(report, hearing.Growth, (long)limits.ShortRun.TotalMilliseconds);
        if (_alarm.IsRaised) WhileRaised(hearing, started);
        else if (started > 0 && _starts.ShortRuns >= limits.Starts)
        {
            _runsSinceMs = hearing.AtMs;
            hearing.Raise(Name, ref _alarm, [new("reason", Text: "boot loop"), new("startsAfterShortRuns", _starts.ShortRuns), new("shortRunMinutes", limits.ShortRun.TotalMinutes)]);
        }
    }

    public void Tick(in Hearing hearing)
    {
        var (heardAtMs, silentAtMs) = hearing.Silence;
        if (_alarm.IsRaised || silentAtMs == 0 || hearing.AtMs < silentAtMs) return;
        if (_lowAtMs == 0 || heardAtMs - _lowAtMs > hearing.Limits.NoStart.LowWithin.TotalMilliseconds) return;
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("reason", Text: Silent));
        if (hearing.Learned.Last.Battery is { } charge) evidence.Add(new("chargePercent", Math.Round(100 * charge)));
        if (hearing.Learned.Last.Volts is > 0 and var volts) evidence.Add(new("volts", Math.Round(volts, 2)));
        evidence.Add(new(Offline.LastHeard, heardAtMs));
        evidence.Add(new("silentSeconds", (hearing.AtMs - heardAtMs) / 1000));
        evidence.AddRange(hearing.UsualTakings(silentAtMs));
        _runsSinceMs = 0;
        hearing.Raise(Name, ref _alarm, silentAtMs, evidence.ToImmutable());
    }

    private void WhileRaised(in Hearing hearing, int started)
    {
        if (started > 0 || _runsSinceMs == 0 || hearing.AtMs < _runsSinceMs) _runsSinceMs = hearing.AtMs;
        if (hearing.AtMs - _runsSinceMs < hearing.Limits.NoStart.StableFor.TotalMilliseconds || !_starts.IsToldBy(hearing.Report)) return;
        hearing.Clear(Name, ref _alarm, [new("runningMinutes", (hearing.AtMs - _runsSinceMs) / 60_000)]);
    }

    private static bool IsLow(Reports.Power power, in Hearing hearing) =>
        power.Volts <= hearing.Limits.NoStart.LowVolts
        || (power.Battery <= hearing.Limits.NoStart.LowCharge && hearing.Learned.Last.PowerSource != PowerSource.Mains);

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        _starts.Codec(ref codec);
        codec.Field(ref _lowAtMs);
        codec.Field(ref _runsSinceMs);
    }
}
