using System.Runtime.CompilerServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Unusual;

/// <summary>What a reading usually is in each half hour of the day.</summary>
internal struct DayRhythm
{
    private const int HalfHours = 48;
    private const long HalfHourMs = 30 * 60 * 1000;

    private Usual _usual;
    private Heard _heard;

    /// <param name="atMs">Unix milliseconds, whose time of day counts.</param>
    public static int HalfHour(long atMs) => (int)((atMs / HalfHourMs % HalfHours + HalfHours) % HalfHours);

    /// <summary>What is usual then; null where nothing was heard in that half hour yet.</summary>
    public readonly double? At(int halfHour) => _heard[halfHour] == 0 ? null : _usual[halfHour];

    /// <param name="from">Where the half hour stands.</param>
    /// <param name="move">How far the value is from there.</param>
    /// <param name="samples">Its time constant.</param>
    public void Learn(int halfHour, double from, double move, double samples)
    {
        ref var heard = ref _heard[halfHour];
        _usual[halfHour] = (float)(from + (Math.Max(1 / samples, 1.0 / (heard + 1)) * move));
        if (heard < ushort.MaxValue) heard++;
    }

    public void Codec(ref StateCodec codec)
    {
        for (var halfHour = 0; halfHour < HalfHours; halfHour++)
        {
            int heard = _heard[halfHour];
            codec.Field(ref heard);
            _heard[halfHour] = (ushort)heard;
            if (heard > 0) codec.Field(ref _usual[halfHour]);
        }
    }

    [InlineArray(HalfHours)]
    private struct Usual
    {
        private float _first;
    }

    [InlineArray(HalfHours)]
    private struct Heard
    {
        private ushort _first;
    }
}
