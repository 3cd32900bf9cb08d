using System.Globalization;
using System.Text;

namespace Fleet.Simulator.Shops;

/// <summary>What a registry would say of a <see cref="BelievableFleet"/>: the CSV for <c>fleet terminals import</c>.</summary>
public static class TownRegistry
{
    private const string Model = "PAX A920";

    private static readonly string[] s_days = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];

    /// <param name="password">The password of all of them; null for none.</param>
    public static string Csv(BelievableFleet fleet, string? password)
    {
        var csv = new StringBuilder("serial,merchant,site,model,carrier,timezone,hours,password\n");
        for (var index = 0; index < fleet.Terminals; index++)
        {
            var shop = fleet.ShopOf(index);
            csv.Append(CultureInfo.InvariantCulture, $"{FleetTerminal.SerialOf(index)},{shop.Kind} of {shop.Name},{shop.Name},{Model},{shop.Carrier},{Zone(shop)},{Hours(shop)},{password}\n");
        }
        return csv.ToString();
    }

    /// <summary>Who logs in.</summary>
    public static Registration[] Registrations(BelievableFleet fleet, string? password) =>
        [.. Enumerable.Range(0, fleet.Terminals).Select(index => new Registration(FleetTerminal.SerialOf(index), Model, fleet.ShopOf(index).Carrier, password))];

    /// <summary>IANA's names of fixed offsets have POSIX's sign: west is positive.</summary>
    public static string Zone(Shop shop) => shop.UtcOffsetHours == 0 ? "UTC" : string.Create(CultureInfo.InvariantCulture, $"Etc/GMT-{shop.UtcOffsetHours}");

    /// <summary>As OpenStreetMap writes them.</summary>
    public static string Hours(Shop shop)
    {
        var hours = string.Create(CultureInfo.InvariantCulture, $"{shop.Hours.Opens:D2}:00-{shop.Hours.Closes:D2}:00");
        return shop.ClosedDay is { } day ? $"Mo-Su {hours}; {s_days[(int)day]} off" : $"Mo-Su {hours}";
    }
}
