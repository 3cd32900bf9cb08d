namespace Fleet.Simulator.Shops;

public enum ShopKind : byte { Cafe, SupermarketLane, Restaurant, MarketStall, Pharmacy }

/// <summary>A site: its kind, hours, zone and how busy it is. Times are Unix ms.</summary>
/// <param name="UtcOffsetHours">Whole hours; no summer time, so that a day is a day.</param>
/// <param name="ClosedDay">The weekly day off, or null.</param>
/// <param name="Busyness">Factor on the kind's usual customers.</param>
/// <param name="SwitchesOffAtNight">Staff cut the power at closing: silence that is no fault.</param>
public sealed record Shop(
    string Name, ShopKind Kind, int UtcOffsetHours, DayOfWeek? ClosedDay, double Busyness, bool SwitchesOffAtNight,
    string Carrier, string Cell, double RsrpDbm, double Latitude, double Longitude)
{
    private const long HourMs = 3_600_000;

    public (int Opens, int Closes) Hours => Kind switch
    {
        ShopKind.Cafe => (7, 18),
        ShopKind.SupermarketLane => (8, 22),
        ShopKind.Restaurant => (11, 23),
        ShopKind.MarketStall => (6, 14),
        _ => (9, 19),
    };

    public bool IsOpen(long atMs)
    {
        var (hour, day) = Local(atMs);
        return day != ClosedDay && hour >= Hours.Opens && hour < Hours.Closes;
    }

    /// <summary>Customers an hour at one terminal: 0 while closed, two to three times the usual in the kind's rush hours.</summary>
    public double CustomersPerHour(long atMs)
    {
        if (!IsOpen(atMs)) return 0;
        var hour = Local(atMs).Hour;
        var (usual, isRush) = Kind switch
        {
            ShopKind.Cafe => (14.0, hour is 8 or 12),
            ShopKind.SupermarketLane => (25.0, hour is 17 or 18),
            ShopKind.Restaurant => (6.0, hour is 12 or 13 or 19 or 20),
            ShopKind.MarketStall => (12.0, hour is 9 or 10),
            _ => (8.0, hour is 11 or 17),
        };
        return usual * Busyness * (isRush ? 2.5 : 1);
    }

    /// <summary>How busy the radio cell is with other people's phones, 0 to 1: most in the evening, least before dawn.</summary>
    public double CellLoad(long atMs) => 0.5 - 0.5 * Math.Cos((Local(atMs).Hour - 7) / 24.0 * 2 * Math.PI);

    /// <summary>What a customer pays on average, in minor units.</summary>
    public int UsualAmount => Kind switch
    {
        ShopKind.Cafe => 650,
        ShopKind.SupermarketLane => 3_400,
        ShopKind.Restaurant => 4_800,
        ShopKind.MarketStall => 1_200,
        _ => 2_100,
    };

    private (int Hour, DayOfWeek Day) Local(long atMs)
    {
        var hours = atMs / HourMs + UtcOffsetHours;
        return ((int)(hours % 24), (DayOfWeek)((hours / 24 + 4) % 7)); // 1970-01-01 was a Thursday
    }
}
