using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>weak-signal</c>: the signal's class is poor or none for a hold time; gone when it is better, with margin, for a
/// hold time. In between nothing changes: at a fixed place RSRP swings by 20 dB within minutes. A SIM that is not ready
/// has no signal to speak of: that is <see cref="SimFault"/>. By what was usual before it says whether the place is weak
/// or the terminal, its antenna say, is.
/// </summary>
internal struct WeakSignal : IDetector
{
    private Alarm _alarm;
    private SignalClass? _class;
    private Moment _readAtMs;
    private Moment _suspectSinceMs;
    private Moment _clearSinceMs;

    public static string Name => "weak-signal";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var (limits, atMs) = (hearing.Limits.WeakSignal, hearing.AtMs);
        if (hearing.Report.Signal is not { } signal) return;
        if (SimFault.IsBad(signal.Sim) || hearing.IsRaised<SimFault>())
        {
            (_suspectSinceMs, _clearSinceMs) = (0, 0);
            ForgetWhereAtRest();
            return;
        }
        if (SignalReading.Of(signal, limits) is not { } reading) return;
        if (_readAtMs != 0 && atMs - _readAtMs > limits.MaxGap.TotalMilliseconds) (_suspectSinceMs, _clearSinceMs) = (0, 0);
        (_class, _readAtMs) = (reading.Class, atMs);
        if (signal.RsrpDbm is { } rsrpDbm && (hearing.Usual.RsrpDbm is null || (!_alarm.IsRaised && reading.Zone != SignalZone.Weak))) hearing.Usual.LearnRsrp(rsrpDbm);
        if (_alarm.IsRaised) WhileRaised(reading.Zone, hearing, signal);
        else WhileQuiet(reading.Zone, hearing, signal);
        ForgetWhereAtRest();
    }

    private void ForgetWhereAtRest()
    {
        if (!_alarm.IsRaised && _suspectSinceMs == 0) this = default;
    }

    private void WhileQuiet(SignalZone zone, in Hearing hearing, Signal signal)
    {
        if (zone == SignalZone.Clear) _suspectSinceMs = 0;
        if (zone != SignalZone.Weak) return;
        if (_suspectSinceMs == 0) _suspectSinceMs = Math.Max(1, hearing.AtMs);
        if (hearing.AtMs - _suspectSinceMs < hearing.Limits.WeakSignal.HoldFor.TotalMilliseconds) return;
        _clearSinceMs = 0;
        hearing.Raise(Name, ref _alarm, Evidence(signal, hearing));
    }

    private void WhileRaised(SignalZone zone, in Hearing hearing, Signal signal)
    {
        if (zone == SignalZone.Weak) _clearSinceMs = 0;
        if (zone != SignalZone.Clear) return;
        if (_clearSinceMs == 0) _clearSinceMs = Math.Max(1, hearing.AtMs);
        if (hearing.AtMs - _clearSinceMs < hearing.Limits.WeakSignal.ClearFor.TotalMilliseconds) return;
        hearing.Clear(Name, ref _alarm, Evidence(signal, hearing));
        _suspectSinceMs = 0;
    }

    /// <summary>What was read, and how long it has been so: weak, or with margin above that.</summary>
    private readonly ImmutableArray<Evidence> Evidence(Signal signal, in Hearing hearing)
    {
        var atMs = hearing.AtMs;
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("class", Text: SignalClasses.Text(_class)));
        if (signal.RsrpDbm is { } rsrp) evidence.Add(new("rsrpDbm", rsrp));
        if (signal.RsrpDbm is { } now && hearing.Usual.RsrpDbm is { } usual)
        {
            evidence.Add(new("usualRsrpDbm", Math.Round(usual)));
            evidence.Add(new("suspect", Text: usual - now >= hearing.Limits.WeakSignal.FallDb ? "terminal" : "place"));
        }
        if (signal.SnrDb is { } snr) evidence.Add(new("snrDb", snr));
        if (signal.RssiDbm is { } rssi) evidence.Add(new("rssiDbm", rssi));
        if (signal.Carrier is { } carrier) evidence.Add(new("carrier", Text: carrier));
        if (signal.Cell is { } cell) evidence.Add(new("cell", Text: cell));
        evidence.Add(_clearSinceMs == 0 ? new("weakSeconds", _suspectSinceMs == 0 ? 0 : (atMs - _suspectSinceMs) / 1000) : new("raisedSeconds", (atMs - _alarm.RaisedAtMs) / 1000));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _class);
        codec.Field(ref _readAtMs);
        codec.Field(ref _suspectSinceMs);
        codec.Field(ref _clearSinceMs);
    }
}

internal static class SignalClasses
{
    public static string? Text(SignalClass? signalClass) => signalClass switch
    {
        SignalClass.None => "none",
        SignalClass.Poor => "poor",
        SignalClass.Moderate => "moderate",
        SignalClass.Good => "good",
        SignalClass.Great => "great",
        _ => null,
    };
}
