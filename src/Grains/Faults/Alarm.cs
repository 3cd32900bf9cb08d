using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>Whether a fault is raised, and since when; the time stays known after it clears, to name what cleared.</summary>
internal struct Alarm
{
    private bool _isRaised;
    private long _raisedAtMs;

    public readonly bool IsRaised => _isRaised;
    public readonly long RaisedAtMs => _raisedAtMs;

    public FindingKind Raise(long atMs)
    {
        (_isRaised, _raisedAtMs) = (true, atMs);
        return FindingKind.Raised;
    }

    public FindingKind Clear()
    {
        _isRaised = false;
        return FindingKind.Cleared;
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _isRaised);
        codec.Field(ref _raisedAtMs);
    }
}
