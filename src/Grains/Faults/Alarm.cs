using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>Whether a fault is raised, and since when to the millisecond: that names its alert. 6 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct Alarm
{
    // When it was raised, Unix time; 0 while it is not.
    private uint _seconds;
    private ushort _ms;

    public readonly bool IsRaised => _seconds != 0 || _ms != 0;
    public readonly long RaisedAtMs => (_seconds * 1000L) + _ms;

    public void Raise(long atMs)
    {
        var (seconds, ms) = Math.DivRem(Math.Max(1, atMs), 1000);
        (_seconds, _ms) = ((uint)Math.Min(seconds, uint.MaxValue), (ushort)ms);
    }

    public void Clear() => this = default;

    public void Codec(ref StateCodec codec)
    {
        var raisedAtMs = RaisedAtMs;
        codec.Field(ref raisedAtMs);
        if (raisedAtMs > 0) Raise(raisedAtMs);
        else Clear(); // states of before kept what was cleared as a negative number
    }
}
