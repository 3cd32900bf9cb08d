using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>weak-signal</c>: the signal's class is poor or none for a hold time; gone when it is better, with margin, for a
/// hold time. In between nothing changes: at a fixed place RSRP swings by 20 dB within minutes. A SIM that is not ready
/// has no signal to speak of: that is <see cref="SimFault"/>.
/// </summary>
internal struct WeakSignal : IDetector
{
    private Alarm _alarm;
    private SignalClass? _class;
    private long? _readAtMs;
    private long? _suspectSinceMs;
    private long? _clearSinceMs;

    public static string Name => "weak-signal";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var (limits, atMs) = (hearing.Limits.WeakSignal, hearing.AtMs);
        if (hearing.Report.Signal is not { } signal) return;
        if (SimFault.IsBad(signal.Sim) || hearing.IsRaised<SimFault>())
        {
            (_suspectSinceMs, _clearSinceMs) = (null, null);
            return;
        }
        if (SignalReading.Of(signal, limits) is not { } reading) return;
        if (_readAtMs is { } before && atMs - before > limits.MaxGap.TotalMilliseconds) (_suspectSinceMs, _clearSinceMs) = (null, null);
        (_class, _readAtMs) = (reading.Class, atMs);
        if (_alarm.IsRaised) WhileRaised(reading.Zone, hearing, signal);
        else WhileQuiet(reading.Zone, hearing, signal);
    }

    private void WhileQuiet(SignalZone zone, in Hearing hearing, Signal signal)
    {
        if (zone == SignalZone.Clear) _suspectSinceMs = null;
        if (zone != SignalZone.Weak) return;
        _suspectSinceMs ??= hearing.AtMs;
        if (hearing.AtMs - _suspectSinceMs < hearing.Limits.WeakSignal.HoldFor.TotalMilliseconds) return;
        _clearSinceMs = null;
        hearing.Raise(Name, ref _alarm, Evidence(signal, hearing.AtMs));
    }

    private void WhileRaised(SignalZone zone, in Hearing hearing, Signal signal)
    {
        if (zone == SignalZone.Weak) _clearSinceMs = null;
        if (zone != SignalZone.Clear) return;
        _clearSinceMs ??= hearing.AtMs;
        if (hearing.AtMs - _clearSinceMs < hearing.Limits.WeakSignal.ClearFor.TotalMilliseconds) return;
        hearing.Clear(Name, ref _alarm, Evidence(signal, hearing.AtMs));
        _suspectSinceMs = null;
    }

    /// <summary>What was read, and how long it has been so: weak, or with margin above that.</summary>
    private readonly ImmutableArray<Evidence> Evidence(Signal signal, long atMs)
    {
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("class", Text: SignalClasses.Text(_class)));
        if (signal.RsrpDbm is { } rsrp) evidence.Add(new("rsrpDbm", rsrp));
        if (signal.SnrDb is { } snr) evidence.Add(new("snrDb", snr));
        if (signal.RssiDbm is { } rssi) evidence.Add(new("rssiDbm", rssi));
        if (signal.Carrier is { } carrier) evidence.Add(new("carrier", Text: carrier));
        if (signal.Cell is { } cell) evidence.Add(new("cell", Text: cell));
        evidence.Add(_clearSinceMs is null ? new("weakSeconds", (atMs - (_suspectSinceMs ?? atMs)) / 1000) : new("raisedSeconds", (atMs - _alarm.RaisedAtMs) / 1000));
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
