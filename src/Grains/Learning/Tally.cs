using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>A count of two bytes, for where nobody asks how many there were past 65,535: it stands still there.</summary>
internal struct Tally
{
    private ushort _count;

    public readonly int Count => _count;

    public void Add(long more) => _count = (ushort)Math.Min(ushort.MaxValue, _count + Math.Min(more, ushort.MaxValue));

    public void Codec(ref StateCodec codec)
    {
        int count = _count;
        codec.Field(ref count);
        _count = (ushort)Math.Clamp(count, 0, ushort.MaxValue);
    }
}
