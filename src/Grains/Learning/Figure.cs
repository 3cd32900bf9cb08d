using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>A reading as people look it up, or none, in 4 bytes: seven digits, four of them after the point.</summary>
internal readonly struct Figure(double? value)
{
    /// <summary>0 for none; so a reading of 0 is kept as the least there is above it, and read as 0.</summary>
    private readonly float _value = value is not { } known ? 0 : (float)known is var narrow && narrow == 0 ? float.Epsilon : narrow;

    public double? Value => _value == 0 ? null : Math.Round((double)_value, 4);

    /// <summary>Stored as a number that may be none.</summary>
    public static void Codec(ref StateCodec codec, ref Figure figure)
    {
        var value = figure.Value;
        codec.Field(ref value);
        figure = new(value);
    }
}
