namespace Fleet.Grains.Terminals;

/// <summary>
/// A cumulative counter of a terminal. What matters is by how much it grew: nothing at first sight, and after a reset
/// (it is lower than before) all that it counts now.
/// </summary>
internal struct Counter
{
    private long? _last;

    /// <summary>How much was counted since the last report that had this counter.</summary>
    public long Grow(long? value)
    {
        if (value is not { } now) return 0;
        var grown = _last is not { } before ? 0 : now < before ? now : now - before;
        _last = now;
        return grown;
    }

    public void Codec(ref StateCodec codec) => codec.Field(ref _last);
}
