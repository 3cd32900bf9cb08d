using Fleet.Grains;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class MovedOrStolenTests
{
    private const double Hour = 3600;
    private const double Day = 86_400;

    /// <summary>Of latitude: 60 nautical miles.</summary>
    private const double MetresPerDegree = 111_195;

    private readonly Story _terminal = new();
    private double _atSeconds;

    [Fact]
    public void A_terminal_away_for_half_an_hour_is_missed_with_where_it_is()
    {
        Learns();
        Is(metres: 4000).FindsNothing();
        Is(metres: 4100, after: 600).FindsNothing();
        Is(metres: 4200, after: 1200).Raises("moved-or-stolen");
        Assert.Equal(("no", "no", "no"), (Evidence("simSwapped"), Evidence("tamper"), Evidence("unknownCell")));
        Assert.InRange((double)Evidence("metres")!, 4170, 4200);
        Assert.InRange((double)Evidence("usualLat")!, 31.23, 31.2304);
        Assert.Equal(121.47, Evidence("usualLon"));
        Assert.InRange((double)Evidence("lat")!, 31.267, 31.268);
        Is(metres: 9000).FindsNothing();
        _terminal.IsStoredAndLoaded();
        Is(metres: 10).FindsNothing();
        Is(metres: 20).Clears("moved-or-stolen");
    }

    [Fact]
    public void One_that_falls_silent_after_it_was_carried_off_is_missed_all_the_same()
    {
        Learns();
        Is(metres: 2000).FindsNothing();
        Is(metres: 3000, after: 60).FindsNothing();
        _terminal.At(_atSeconds + 1800).IsSilentSince(_atSeconds)
            .Found(("moved-or-stolen", FindingKind.Raised), ("offline", FindingKind.Raised));
        Assert.Equal(["offline", "moved-or-stolen"], _terminal.View.OpenFaults);
    }

    [Fact]
    public void An_exchanged_SIM_shortens_the_hold_and_joins_the_evidence()
    {
        Learns();
        Is(metres: 4000, iccid: "89860000000000005678").Raises("sim-swapped");
        Is(metres: 4100, iccid: "89860000000000005678", after: 300).Raises("moved-or-stolen");
        Assert.Equal("yes", Evidence("simSwapped"));
        Is(metres: 4100, iccid: "89860000000000005678", tamper: true).Found(("tamper", FindingKind.Raised), ("moved-or-stolen", FindingKind.Changed));
        Assert.Equal("yes", Evidence("tamper"));
    }

    [Fact]
    public void A_cell_it_was_never_in_supports_it()
    {
        Learns();
        Is(metres: 4000, cell: "460-00-9-9").FindsNothing();
        Is(metres: 4100, cell: "460-00-9-9", after: 300).Raises("moved-or-stolen");
        Assert.Equal("yes", Evidence("unknownCell"));
    }

    [Fact]
    public void New_names_of_the_cells_around_a_terminal_that_stands_still_are_nothing()
    {
        Learns();
        for (var minute = 0; minute < 60; minute++) Is(metres: 15, cell: $"460-00-77-{minute % 3}").FindsNothing();
    }

    [Fact]
    public void Without_any_fix_neither_new_cells_nor_another_SIM_are_a_theft()
    {
        for (var hour = 0; hour < 48; hour++) At(hour, "460-00-1-1", "89860000000000001234").FindsNothing();
        for (var hour = 48; hour < 72; hour++) At(hour, $"460-00-77-{hour % 3}", "89860000000000001234").FindsNothing(); // the carrier has renamed them
        At(72, "460-00-77-9", "89860000000000005678").Raises("sim-swapped"); // which is all that is known
        for (var hour = 73; hour < 96; hour++) At(hour, "460-00-99-9", "89860000000000005678").FindsNothing();

        Story At(double hour, string cell, string iccid) =>
            _terminal.At(hour * Hour).Reports(report => report.Signal = new() { Cell = cell, Iccid = iccid });
    }

    [Fact]
    public void Fixes_that_err_by_far_are_no_way()
    {
        Learns();
        for (var minute = 0; minute < 60; minute++) Is(metres: 1600, accuracy: 600).FindsNothing();
        for (var minute = 0; minute < 60; minute++) Is(metres: 50_000, accuracy: 5000).FindsNothing();
    }

    [Fact]
    public void One_wild_fix_before_the_night_is_nothing()
    {
        Learns();
        Is(metres: 8000).FindsNothing();
        _terminal.At(_atSeconds + Hour).IsSilentSince(_atSeconds).Raises("offline");
        _atSeconds += 10 * Hour;
        Is(metres: 5).Clears("offline");
        Is(metres: 8000, after: Hour).FindsNothing();
    }

    [Fact]
    public void A_receiver_without_a_fix_says_null_island_and_is_not_there()
    {
        Learns();
        for (var minute = 0; minute < 60; minute++)
            _terminal.At(_atSeconds += 60).Reports(report => report.Security = new() { Latitude = 0, Longitude = 0 }).FindsNothing();
    }

    [Fact]
    public void A_delivery_round_of_twenty_minutes_is_nothing()
    {
        Learns();
        for (var metres = 600; metres < 3000; metres += 600) Is(metres, after: 300).FindsNothing();
        Is(metres: 100, after: 60).FindsNothing();
        Is(metres: 3000, after: Hour).FindsNothing();
    }

    [Fact]
    public void A_market_stall_has_no_place_to_be_away_from()
    {
        for (var day = 0; day < 20; day++)
        {
            for (var hour = 0; hour < 12; hour++) Is(metres: 3000 * (day % 3), after: Hour).FindsNothing();
        }
    }

    [Fact]
    public void A_move_that_the_registry_knows_begins_anew()
    {
        _terminal.Terminal.Profile = new(Site: "S1");
        Learns();
        _terminal.Terminal.Profile = new(Site: "S2");
        for (var hour = 0; hour < 30; hour++) Is(metres: 40_000, after: Hour).FindsNothing();
        Is(metres: 0, after: Hour).FindsNothing();
        Is(metres: 0, after: Hour).Raises("moved-or-stolen");
        _terminal.Terminal.Profile = new(Site: "S1");
        Is(metres: 0, after: 60).Clears("moved-or-stolen");
    }

    [Fact]
    public void A_registry_that_is_away_for_a_moment_is_no_move()
    {
        _terminal.Terminal.Profile = new(Site: "S1");
        Learns();
        _terminal.Terminal.Profile = new();
        Is(metres: 4000).FindsNothing();
        _terminal.Terminal.Profile = new(Site: "S1");
        Is(metres: 4000, after: 1800).Raises("moved-or-stolen");
    }

    [Fact]
    public void A_place_it_stays_at_for_a_month_becomes_its_own()
    {
        Learns();
        Is(metres: 4000).FindsNothing();
        Is(metres: 4000, after: 1800).Raises("moved-or-stolen");
        Is(metres: 4000, after: 29 * Day).FindsNothing();
        Is(metres: 4000, after: 2 * Day).Clears("moved-or-stolen");
        for (var hour = 0; hour < 30; hour++) Is(metres: 4000, after: Hour).FindsNothing();
    }

    /// <summary>A day in the shop, in one of two cells.</summary>
    private void Learns()
    {
        for (var hour = 0; hour < 26; hour++) Is(metres: hour % 3 * 20, after: Hour, cell: $"460-00-1-{hour % 2}").FindsNothing();
    }

    private Story Is(double metres, double after = 60, string? cell = null, double? accuracy = null, string iccid = "89860000000000001234", bool? tamper = null) =>
        _terminal.At(_atSeconds += after).Reports(report =>
        {
            report.Heartbeat = new() { IntervalSeconds = 600 };
            report.Security = new() { Latitude = 31.23 + (metres / MetresPerDegree), Longitude = 121.47, AccuracyMetres = accuracy ?? 20, Tamper = tamper };
            report.Signal = new() { Cell = cell, Iccid = iccid };
        });

    private object? Evidence(string name) => _terminal.Evidence(name);
}
