using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>
/// Twenty shops of a region, of two terminals each: T0 and T1 in S0 and so on. Even ones have a battery and say that
/// mains are lost; odd ones fall silent. Carrier C has 400 terminals, most of them elsewhere.
/// </summary>
public sealed class RegionTests
{
    private readonly Census _census = new();
    private readonly Neighbourhood _town;
    private readonly List<string> _told = [];
    private int _ofCarrier = 400;

    public RegionTests() => _town = new(Around, subject => subject switch { "region:R" => 40, "carrier:C" => _ofCarrier, _ => 2 },
        new Holding(), _census, subject => subject == "region:R" ? Enumerable.Range(0, 40).Select(i => $"T{i}") : []);

    [Fact]
    public void A_power_cut_in_many_shops_is_one_finding_of_their_region()
    {
        for (var i = 0; i < 16; i++) Raise(i, i % 2 == 0 ? "adapter-fault" : "offline", 100 + i % 2 * 10);
        Pass(100, 900);
        Assert.Equal(["region:R site-outage Raised"], _told);
        Assert.Equal("site:S0", _town.CauseOf("T0", "adapter-fault"));
        Assert.Equal("region:R", _town.CauseOf("site:S0", "site-outage"));
        for (var i = 0; i < 16; i++) Clear(i, i % 2 == 0 ? "adapter-fault" : "offline", 100 + i % 2 * 10, at: 2000);
        Pass(2000, 2400);
        Assert.Equal("region:R site-outage Cleared", _told[^1]);
        Assert.Equal(2, _told.Count);
    }

    [Fact]
    public void Who_is_believed_to_have_lost_its_mains_ten_minutes_later_is_told_of_the_region_alone()
    {
        for (var i = 1; i < 20; i += 2) Raise(i, "offline", 100);
        Pass(100, 520);
        Assert.All(_told, told => Assert.EndsWith("offline Raised", told, StringComparison.Ordinal));
        _told.Clear();
        for (var i = 0; i < 20; i += 2) Raise(i, "adapter-fault", 520);
        Pass(520, 1300);
        Assert.Equal(["region:R site-outage Raised"], _told);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(40)] // all of a small carrier stands in the region, and half of it is silent
    public void Batteries_that_lost_their_mains_when_their_neighbours_fell_silent_show_it_before_anybody_is_told(int ofCarrier)
    {
        _ofCarrier = ofCarrier;
        for (var i = 0; i < 20; i += 2) LosesMains(i, 40);
        for (var i = 1; i < 20; i += 2) FallsSilent(i, lastHeard: 20 + i, found: 200 + i);
        Pass(200, 500);
        Assert.Equal(["region:R site-outage Raised"], _told);
        for (var i = 0; i < 20; i += 2) Raise(i, "adapter-fault", 640);
        Pass(640, 1300);
        Assert.Equal(["region:R site-outage Raised"], _told);
        Assert.Equal("region:R", _town.CauseOf("T0", "adapter-fault"));
    }

    [Fact]
    public void A_small_carrier_whose_terminals_lost_their_mains_is_not_out()
    {
        _ofCarrier = 40;
        for (var i = 0; i < 20; i++) Raise(i, i % 2 == 0 ? "adapter-fault" : "offline", 100);
        Pass(100, 900);
        Assert.Equal(["region:R site-outage Raised"], _told);
        Assert.Equal("region:R", _town.CauseOf("carrier:C", "carrier-outage"));
    }

    [Fact]
    public void A_carrier_that_is_out_elsewhere_too_is_out_beside_a_region_without_mains()
    {
        for (var i = 0; i < 20; i++) Raise(i, i % 2 == 0 ? "adapter-fault" : "offline", 100);
        for (var i = 40; i < 80; i++) Raise(i, "offline", 100);
        Pass(100, 900);
        Assert.Equal(["carrier:C carrier-outage Raised", "region:R site-outage Raised"], _told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Its_carriers_bad_morning_is_no_power_cut()
    {
        for (var i = 0; i < 100; i++) Raise(i, "offline", 100 + i % 20);
        Pass(100, 900);
        Assert.Equal(["carrier:C carrier-outage Raised"], _told);
    }

    [Fact]
    public void A_market_hall_that_is_dark_is_no_region()
    {
        for (var i = 0; i < 4; i++) Raise(i, "adapter-fault", 100);
        Pass(100, 900);
        Assert.Equal(["site:S0 site-outage Raised", "site:S1 site-outage Raised"], _told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Terminals_that_run_on_their_batteries_anyway_cannot_show_it_and_do_not_hide_it()
    {
        for (var i = 10; i < 40; i++)
            _census.Hear(new Report { Serial = $"T{i}", ReceivedAtMs = Story.Ms(0), AtMs = Story.Ms(0), Power = new() { Source = PowerSource.Battery } });
        for (var i = 0; i < 6; i++) Raise(i, "adapter-fault", 100);
        Pass(100, 900);
        Assert.Equal(["region:R site-outage Raised"], _told);
    }

    private static Surroundings Around(string serial)
    {
        var number = int.Parse(serial.AsSpan(1), null);
        return new($"S{number / 2}", "C", Region: number < 40 ? "R" : null);
    }

    private void Raise(int terminal, string fault, int at) => _town.Hear(new($"T{terminal}", fault, FindingKind.Raised, Story.Ms(at), Story.Ms(at), []));

    private void LosesMains(int terminal, int at) => _census.Hear(
        new Report { Serial = $"T{terminal}", ReceivedAtMs = Story.Ms(at), AtMs = Story.Ms(at), Power = new() { Source = PowerSource.Battery } }, standsOnMains: true);

    private void FallsSilent(int terminal, int lastHeard, int found) =>
        _town.Hear(new($"T{terminal}", "offline", FindingKind.Raised, Story.Ms(found), Story.Ms(found), [new(GroupKind.LastHeard, Story.Ms(lastHeard))]));

    private void Clear(int terminal, string fault, int raised, int at) => _town.Hear(new($"T{terminal}", fault, FindingKind.Cleared, Story.Ms(raised), Story.Ms(at), []));

    private void Pass(int from, int to)
    {
        for (var second = from; second < to; second++) _told.AddRange(_town.Tick(Story.Ms(second)).Select(f => $"{f.Subject} {f.Fault} {f.Kind}"));
    }
}
