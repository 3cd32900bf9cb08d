using Fleet.Grains.Terminals;
using Fleet.Grains.Unusual;

namespace Fleet.Grains.Rules;

/// <summary>
/// What a rule that asks for the unusual has learned of its reading at one terminal, and the range that the reading
/// left. Some half kilobyte, so it is there only for terminals that such a rule selects.
/// </summary>
/// <param name="reading">Which reading: a hash of its name. With another one it begins anew.</param>
internal sealed class UnusualStanding(uint reading)
{
    private uint _reading = reading;
    private UnusualWatch _watch;
    private double _usualFrom, _usualTo;
    private byte _aspect;

    public uint Reading => _reading;

    public UnusualAspect Aspect => (UnusualAspect)_aspect;

    /// <summary>In the reading's unit.</summary>
    public (double From, double To) Usual => (_usualFrom, _usualTo);

    /// <summary>Learns a value; true where it is unusual by what came before it.</summary>
    public bool Hear(double value, long atMs, UnusualLimits limits)
    {
        if (_watch.Hear(value, atMs, limits) is not { IsAlarm: true } verdict) return false;
        (_usualFrom, _usualTo, _aspect) = (verdict.UsualFrom, verdict.UsualTo, (byte)verdict.Aspect);
        return true;
    }

    /// <summary>Whether a value is in the range that was left last.</summary>
    public bool IsUsual(double value) => value >= _usualFrom && value <= _usualTo;

    public void Codec(ref StateCodec codec)
    {
        _watch.Codec(ref codec);
        codec.Field(ref _usualFrom);
        codec.Field(ref _usualTo);
        codec.Field(ref _aspect);
        codec.Field(ref _reading);
    }
}
