using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// A cumulative counter of a terminal. What matters is by how much it grew: nothing at first sight, and after a reset
/// (it is lower than before) all that it counts now. It believes in values up to 2^32 − 3; what is above stands still there.
/// </summary>
internal struct Counter
{
    /// <summary>One more than the last value; 0 for none.</summary>
    private uint _next;

    /// <summary>How much was counted since the last report that had this counter.</summary>
    /// <param name="wentBack">Whether it is lower than before.</param>
    public long Grow(long? value, out bool wentBack)
    {
        wentBack = false;
        if (value is not { } counted) return 0;
        var now = (uint)Math.Min(counted, uint.MaxValue - 2);
        wentBack = _next != 0 && now < _next - 1;
        var grown = _next == 0 ? 0 : wentBack ? now : now - (_next - 1);
        _next = now + 1;
        return grown;
    }

    public void Codec(ref StateCodec codec) => codec.Field(ref _next);
}

/// <summary>A counter of money: in minor units four billion are soon taken.</summary>
internal struct WideCounter
{
    /// <summary>One more than the last value; 0 for none.</summary>
    private long _next;

    public long Grow(long? value, out bool wentBack)
    {
        wentBack = false;
        if (value is not { } counted) return 0;
        var now = Math.Min(counted, long.MaxValue - 2);
        wentBack = now < _next - 1;
        var grown = _next == 0 ? 0 : wentBack ? now : now - (_next - 1);
        _next = now + 1;
        return grown;
    }

    public void Codec(ref StateCodec codec) => codec.Field(ref _next);
}
