using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>Whether a fault is raised, and since when; the time stays known after it clears, to name what cleared.</summary>
internal struct Alarm
{
    /// <summary>When it was raised, Unix ms; negative once it is cleared, 0 while it never was.</summary>
    private long _raisedAtMs;

    public readonly bool IsRaised => _raisedAtMs > 0;
    public readonly long RaisedAtMs => Math.Abs(_raisedAtMs);

    public void Raise(long atMs) => _raisedAtMs = Math.Max(1, atMs);

    public void Clear() => _raisedAtMs = -RaisedAtMs;

    public void Codec(ref StateCodec codec) => codec.Field(ref _raisedAtMs);
}
