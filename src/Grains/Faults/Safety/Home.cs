using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The place a terminal is used at, learned from one fix an hour: where it was for a day without leaving. One that
/// leaves before, as on a market, begins anew and has none. Keeps the cells it was in there. 32 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Home
{
    private const long HourMs = 3_600_000;

    /// <summary>What a further fix weighs; the place follows slowly.</summary>
    private const double LeastWeight = 0.02;

    private Place _place;
    private uint _hour;
    private byte _hours;

    // The newest first; a terminal in one place changes between a few.
    private uint _cell1, _cell2, _cell3, _cell4;

    public readonly Place Place => _place;

    public readonly bool IsKnown(MovedOrStolenLimits limits) => _hours >= limits.HoursToLearn;

    /// <summary>Whether it was seen in this cell here; true where no cell is known.</summary>
    public readonly bool Knows(string? cell)
    {
        if (string.IsNullOrEmpty(cell) || _cell1 == 0) return true;
        var print = Fingerprint.Short(cell);
        return print == _cell1 || print == _cell2 || print == _cell3 || print == _cell4;
    }

    /// <summary>A fix here, or before the home is known anywhere: then one far off begins anew.</summary>
    public void Learn(Place fix, bool isHere, long atMs)
    {
        var hour = (uint)(atMs / HourMs);
        if (!isHere) this = default;
        else if (hour <= _hour) return;
        _place = _hours == 0 ? fix : _place.Toward(fix, Math.Max(LeastWeight, 1d / (_hours + 1)));
        _hour = hour;
        _hours = (byte)Math.Min(byte.MaxValue, _hours + 1);
    }

    public void LearnCell(string? cell)
    {
        if (string.IsNullOrEmpty(cell)) return;
        var print = Fingerprint.Short(cell);
        if (print == _cell1) return;
        if (print == _cell2) (_cell1, _cell2) = (_cell2, _cell1);
        else if (print == _cell3) (_cell1, _cell2, _cell3) = (_cell3, _cell1, _cell2);
        else (_cell1, _cell2, _cell3, _cell4) = (print, _cell1, _cell2, _cell3);
    }

    public void Codec(ref StateCodec codec)
    {
        _place.Codec(ref codec);
        codec.Field(ref _hour);
        codec.Field(ref _hours);
        codec.Field(ref _cell1);
        codec.Field(ref _cell2);
        codec.Field(ref _cell3);
        codec.Field(ref _cell4);
    }
}
