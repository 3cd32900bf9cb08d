using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>weak-signal</c>: the signal's class is poor or none for a hold time; gone when it is better, with margin, for a
/// hold time. In between nothing changes: at a fixed place RSRP swings by 20 dB within minutes.
/// </summary>
internal struct WeakSignal
{
    private Alarm _alarm;
    private SignalClass? _class;
    private long? _readAtMs;
    private long? _suspectSinceMs;
    private long? _clearSinceMs;

    public readonly Alarm Alarm => _alarm;

    /// <summary>The class of the last usable reading.</summary>
    public readonly SignalClass? Class => _class;

    public FindingKind? Hear(Signal? signal, long atMs, WeakSignalLimits limits)
    {
        if (SignalReading.Of(signal, limits) is not { } reading) return null;
        if (_readAtMs is { } before && atMs - before > limits.MaxGap.TotalMilliseconds) (_suspectSinceMs, _clearSinceMs) = (null, null);
        (_class, _readAtMs) = (reading.Class, atMs);
        return _alarm.IsRaised ? WhileRaised(reading.Zone, atMs, limits) : WhileQuiet(reading.Zone, atMs, limits);
    }

    private FindingKind? WhileQuiet(SignalZone zone, long atMs, WeakSignalLimits limits)
    {
        if (zone == SignalZone.Clear) _suspectSinceMs = null;
        if (zone != SignalZone.Weak) return null;
        _suspectSinceMs ??= atMs;
        if (atMs - _suspectSinceMs < limits.HoldFor.TotalMilliseconds) return null;
        _clearSinceMs = null;
        return _alarm.Raise(atMs);
    }

    private FindingKind? WhileRaised(SignalZone zone, long atMs, WeakSignalLimits limits)
    {
        if (zone == SignalZone.Weak) _clearSinceMs = null;
        if (zone != SignalZone.Clear) return null;
        _clearSinceMs ??= atMs;
        if (atMs - _clearSinceMs < limits.ClearFor.TotalMilliseconds) return null;
        _suspectSinceMs = null;
        return _alarm.Clear();
    }

    public readonly ImmutableArray<Evidence> Evidence(Signal signal, long atMs)
    {
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("class", Text: SignalClasses.Text(_class)));
        if (signal.RsrpDbm is { } rsrp) evidence.Add(new("rsrpDbm", rsrp));
        if (signal.SnrDb is { } snr) evidence.Add(new("snrDb", snr));
        if (signal.RssiDbm is { } rssi) evidence.Add(new("rssiDbm", rssi));
        if (signal.Carrier is { } carrier) evidence.Add(new("carrier", Text: carrier));
        if (signal.Cell is { } cell) evidence.Add(new("cell", Text: cell));
        if (_alarm.IsRaised) evidence.Add(new("weakSeconds", (atMs - (_suspectSinceMs ?? atMs)) / 1000));
        else evidence.Add(new("raisedSeconds", (atMs - _alarm.RaisedAtMs) / 1000));
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
