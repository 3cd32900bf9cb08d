using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>A count of which each one fades with a time constant: how often something happened lately.</summary>
internal struct Fading
{
    /// <summary>Less is none.</summary>
    private const float Nothing = 0.001f;

    private float _count;
    private Moment _atMs;

    /// <summary>Adds some, and answers how many there are by now.</summary>
    public double Add(double some, long atMs, TimeSpan timeConstant)
    {
        var passed = _atMs == 0 ? 0 : Math.Max(0, atMs - _atMs) / timeConstant.TotalMilliseconds;
        (_count, _atMs) = ((float)((_count * Math.Exp(-passed)) + some), Math.Max(1, atMs));
        if (_count < Nothing) this = default;
        return _count;
    }

    /// <summary>As of when it was last added to.</summary>
    public readonly double Count => _count;

    public void Forget() => this = default;

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _count);
        codec.Field(ref _atMs);
    }
}
