namespace Fleet.Grains.Rules;

/// <summary>When a rule holds, in the site's time zone (UTC where none is known).</summary>
/// <param name="Days">Bit 0 is Sunday, as in <see cref="DayOfWeek"/>.</param>
/// <param name="From">The first minute of a day.</param>
/// <param name="To">The first minute after; the same as <paramref name="From"/> is the whole day, an earlier one the next morning (which belongs to the day it began on).</param>
public sealed record Schedule(byte Days, TimeOnly From, TimeOnly To)
{
    public bool Contains(long atMs, TimeZoneInfo zone)
    {
        var local = Local(atMs, zone);
        var (day, time) = (local.DayOfWeek, TimeOnly.FromDateTime(local));
        if (From == To) return Has(day);
        if (From < To) return Has(day) && From <= time && time < To;
        return (Has(day) && time >= From) || (Has((DayOfWeek)(((int)day + 6) % 7)) && time < To);
    }

    /// <summary>The next moment, Unix ms, at which <see cref="Contains"/> may answer otherwise; within eight days.</summary>
    public long NextEdgeMs(long atMs, TimeZoneInfo zone)
    {
        var local = Local(atMs, zone);
        var next = long.MaxValue;
        foreach (var edge in (TimeOnly[])[From, To])
        {
            var at = local.Date + edge.ToTimeSpan();
            if (at <= local) at = at.AddDays(1);
            while (zone.IsInvalidTime(at)) at = at.AddMinutes(15); // clocks go forward over it
            next = Math.Min(next, new DateTimeOffset(at, zone.GetUtcOffset(at)).ToUnixTimeMilliseconds());
        }
        return Math.Max(next, atMs + 1); // an hour that comes twice
    }

    private bool Has(DayOfWeek day) => (Days >> (int)day & 1) != 0;

    private static DateTime Local(long atMs, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(atMs), zone).DateTime;
}
