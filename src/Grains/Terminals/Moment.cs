namespace Fleet.Grains.Terminals;

/// <summary>
/// A time kept to the second in 4 bytes, up to the year 2106; code reads and sets it as Unix ms, 0 for none. For what is
/// compared with minutes and days; what names an alert or orders reports is kept to the millisecond.
/// </summary>
internal readonly struct Moment
{
    private readonly uint _seconds;

    private Moment(long ms) => _seconds = ms <= 0 ? 0 : (uint)Math.Clamp(ms / 1000, 1, uint.MaxValue);

    public static implicit operator Moment(long ms) => new(ms);

    public static implicit operator long(Moment moment) => moment._seconds * 1000L;
}
