using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// How often the terminal comes back an hour after its session ended: a count that halves about every 42 minutes (time
/// constant one hour), so that at a steady rate it is that rate. Who comes back without an end being told, after a
/// restart of ours say, is not counted. Times are the server's.
/// </summary>
internal struct Reconnects : IPart
{
    private const double HourMs = 3_600_000;

    private float _count;
    private Moment _atMs;

    public static string Name => "reconnects";

    public void Note(long atMs)
    {
        _count = (float)PerHour(atMs) + 1;
        _atMs = Math.Max(_atMs, atMs);
    }

    public readonly double PerHour(long atMs) => _count == 0 ? 0 : _count * Math.Exp(-Math.Max(0, atMs - _atMs) / HourMs);

    /// <summary>When it is as low as this without another one, Unix ms.</summary>
    public readonly long FallsToMs(double perHour) => _count <= perHour ? _atMs : _atMs + (long)Math.Ceiling(HourMs * Math.Log(_count / perHour));

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _count);
        codec.Field(ref _atMs);
    }
}
