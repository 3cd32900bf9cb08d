using Fleet.Grains.Terminals;

namespace Fleet.Grains.Unusual;

/// <summary>The range that one statistic has ever had. It widens at once, and shrinks slowly towards what its blocks usually span.</summary>
internal struct UsualRange
{
    private float _low;
    private float _high;
    private float _blockLow; // of the present block
    private float _blockHigh;
    private float _meanLow; // of the blocks before
    private float _meanHigh;

    public readonly double Low => _low;
    public readonly double High => _high;

    public readonly double Width => (double)_high - _low;

    /// <summary>How far outside it is, in the statistic's unit; 0 inside.</summary>
    public readonly double Outside(double y) => Math.Max(0, Math.Max(y - _high, _low - y));

    public void Begin(double y) => _low = _high = _blockLow = _blockHigh = _meanLow = _meanHigh = (float)y;

    /// <summary>At the beginning the range is what was seen.</summary>
    public void Cover(double y)
    {
        _low = Math.Min(_low, (float)y);
        _high = Math.Max(_high, (float)y);
    }

    public void Learn(double y, double relax, double overshoot)
    {
        _high -= (float)(relax * (_high - _meanHigh));
        _low -= (float)(relax * (_low - _meanLow));
        if (y > _high) _high += (float)(overshoot * (y - _high));
        if (y < _low) _low += (float)(overshoot * (y - _low));
    }

    public void AddToBlock(double y, bool isFirst)
    {
        _blockLow = isFirst ? (float)y : Math.Min(_blockLow, (float)y);
        _blockHigh = isFirst ? (float)y : Math.Max(_blockHigh, (float)y);
    }

    /// <param name="gain">The weight of the block that ends.</param>
    public void EndBlock(double gain)
    {
        _meanLow += (float)(gain * (_blockLow - _meanLow));
        _meanHigh += (float)(gain * (_blockHigh - _meanHigh));
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _low);
        codec.Field(ref _high);
        codec.Field(ref _blockLow);
        codec.Field(ref _blockHigh);
        codec.Field(ref _meanLow);
        codec.Field(ref _meanHigh);
    }
}
