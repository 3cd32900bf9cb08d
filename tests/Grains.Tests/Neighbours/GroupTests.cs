using Fleet.Grains;
using Fleet.Grains.Neighbours;

namespace Fleet.Grains_Tests.Neighbours;

public sealed class GroupTests
{
    private readonly Group _carrier = new("carrier:C", "carrier-outage", 500, GroupLimits.Carrier, Itself);

    [Fact]
    public void A_carrier_whose_terminals_all_fall_silent_is_one_finding_and_covers_them()
    {
        for (var i = 0; i < 500; i++) _carrier.Hear(Offline($"T{i}", 100 + i % 60));
        var found = _carrier.Tick(Ms(160))!;
        Assert.Equal(("carrier:C", FindingKind.Raised, Ms(100)), (found.Subject, found.Kind, found.RaisedAtMs));
        Assert.True(_carrier.Covers("T499"));
        Assert.Null(_carrier.Tick(Ms(161)));
    }

    [Fact]
    public void It_clears_once_most_have_been_back_for_two_minutes()
    {
        for (var i = 0; i < 500; i++) _carrier.Hear(Offline($"T{i}", 100));
        _carrier.Tick(Ms(110));
        for (var i = 0; i < 400; i++) _carrier.Hear(Offline($"T{i}", 100) with { Kind = FindingKind.Cleared });
        Assert.Null(_carrier.Tick(Ms(200)));
        Assert.Null(_carrier.Tick(Ms(319)));
        Assert.Equal(FindingKind.Cleared, _carrier.Tick(Ms(320))!.Kind);
        Assert.False(_carrier.Covers("T499"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(24)]
    public void A_few_at_once_in_a_big_carrier_are_chance(int down)
    {
        for (var i = 0; i < down; i++) _carrier.Hear(Offline($"T{i}", 100));
        Assert.Null(_carrier.Tick(Ms(110)));
    }

    [Fact]
    public void A_site_is_out_when_all_are_silent_not_when_one_is_nor_when_it_has_one()
    {
        var site = new Group("site:S", "site-outage", 2, GroupLimits.Site, Itself);
        site.Hear(Offline("A", 100));
        Assert.Null(site.Tick(Ms(110)));
        site.Hear(Offline("A", 100));
        Assert.Null(site.Tick(Ms(111)));
        site.Hear(Offline("B", 130));
        Assert.Equal("site-outage", site.Tick(Ms(131))!.Fault);

        var lone = new Group("site:L", "site-outage", 1, GroupLimits.Site, Itself);
        lone.Hear(Offline("A", 100));
        Assert.Null(lone.Tick(Ms(110)));
    }

    [Fact]
    public void Faults_of_different_hours_are_not_one_cause()
    {
        var site = new Group("site:S", "site-outage", 2, GroupLimits.Site, Itself);
        site.Hear(Offline("A", 100));
        Assert.Null(site.Tick(Ms(101)));
        site.Hear(Offline("B", 4000));
        Assert.Null(site.Tick(Ms(4001)));
    }

    [Fact]
    public void After_a_restart_it_still_covers_its_members_and_is_not_found_again()
    {
        for (var i = 0; i < 500; i++) _carrier.Hear(Offline($"T{i}", 100));
        var found = _carrier.Tick(Ms(110))!;
        var again = new Group("carrier:C", "carrier-outage", 500, GroupLimits.Carrier, Itself);
        again.Hear(found);
        for (var i = 0; i < 500; i++) again.Hear(Offline($"T{i}", 100));
        Assert.Null(again.Tick(Ms(120)));
        Assert.True(again.Covers("T7"));
    }

    [Fact]
    public void A_members_fault_waits_for_its_neighbours_joins_their_cause_and_is_told_after_it()
    {
        var holding = new Holding();
        Assert.Equal(Telling.Now, holding.Decide("T0", "offline", Ms(100), 0, [], Ms(100)).Telling);
        Assert.Equal(Telling.Wait, holding.Decide("T0", "offline", Ms(100), 0, [_carrier], Ms(159)).Telling);
        Assert.Equal(Telling.Now, holding.Decide("T0", "offline", Ms(100), 0, [_carrier], Ms(160)).Telling);
        for (var i = 0; i < 500; i++) _carrier.Hear(Offline($"T{i}", 100));
        _carrier.Tick(Ms(110));
        Assert.Equal((Telling.Collapsed, _carrier), holding.Decide("T0", "offline", Ms(100), 0, [_carrier], Ms(400)));
        Group quiet = new("carrier:C", "carrier-outage", 500, GroupLimits.Carrier, Itself);
        Assert.Equal(Telling.Wait, holding.Decide("T0", "offline", Ms(100), Ms(500), [quiet], Ms(619)).Telling);
        Assert.Equal(Telling.Now, holding.Decide("T0", "offline", Ms(100), Ms(500), [quiet], Ms(620)).Telling);
    }

    [Fact]
    public void An_old_fault_of_a_member_does_not_hide_its_new_one()
    {
        var site = new Group("site:S", "site-outage", 2, GroupLimits.Site, Itself);
        site.Hear(Offline("A", 100) with { Fault = "network-cable" });
        Assert.Null(site.Tick(Ms(90_000)));
        site.Hear(Offline("A", 90_000));
        site.Hear(Offline("B", 90_001));
        Assert.Equal(Ms(90_000), site.Tick(Ms(90_002))!.RaisedAtMs);
    }

    [Fact]
    public void A_clear_that_comes_before_its_raise_leaves_nobody_at_fault()
    {
        var site = new Group("site:S", "site-outage", 2, GroupLimits.Site, Itself);
        site.Hear(Offline("A", 100) with { Kind = FindingKind.Cleared, AtMs = Ms(105) });
        site.Hear(Offline("A", 100));
        site.Hear(Offline("B", 101));
        Assert.Null(site.Tick(Ms(110)));
        site.Hear(Offline("A", 111));
        Assert.NotNull(site.Tick(Ms(112)));
    }

    [Fact]
    public void What_breaks_while_the_others_come_back_is_not_the_carriers()
    {
        for (var i = 0; i < 400; i++) _carrier.Hear(Offline($"T{i}", 100));
        _carrier.Tick(Ms(110));
        _carrier.Hear(Offline("T450", 3000));
        for (var i = 0; i < 400; i++) _carrier.Hear(Offline($"T{i}", 100) with { Kind = FindingKind.Cleared });
        Assert.Null(_carrier.Tick(Ms(3600)));
        _carrier.Hear(Offline("T451", 3610));
        Assert.True(_carrier.Covers("T450"));
        Assert.False(_carrier.Covers("T451"));
    }

    [Fact]
    public void A_site_is_no_longer_out_when_one_of_its_terminals_is_back()
    {
        var site = new Group("site:S", "site-outage", 2, GroupLimits.Site, Itself);
        site.Hear(Offline("A", 100));
        site.Hear(Offline("B", 100));
        Assert.NotNull(site.Tick(Ms(101)));
        site.Hear(Offline("A", 100) with { Kind = FindingKind.Cleared });
        Assert.Null(site.Tick(Ms(200)));
        Assert.Equal(FindingKind.Cleared, site.Tick(Ms(260))!.Kind);
    }

    [Fact]
    public void A_terminal_that_has_been_off_for_days_does_not_keep_its_site_from_being_out()
    {
        var site = new Group("site:S", "site-outage", 3, GroupLimits.Site, Itself);
        site.Hear(Offline("spare", 100));
        Assert.Null(site.Tick(Ms(400_000)));
        site.Hear(Offline("A", 400_000));
        Assert.Null(site.Tick(Ms(400_001)));
        site.Hear(Offline("B", 400_010));
        Assert.Equal("site-outage", site.Tick(Ms(400_011))!.Fault);
    }

    [Fact]
    public void Terminals_of_one_shop_without_power_are_no_cell_that_is_down()
    {
        Group cell = new("cell:X", "carrier-outage", 6, GroupLimits.Cell, serial => serial == "T5" ? "other" : "shop");
        for (var i = 0; i < 5; i++) cell.Hear(Offline($"T{i}", 100));
        Assert.Null(cell.Tick(Ms(110)));
        cell.Hear(Offline("T5", 120));
        Assert.Equal(Ms(100), cell.Tick(Ms(121))!.RaisedAtMs);
    }

    /// <summary>Each terminal stands in a site of its own.</summary>
    private static string Itself(string serial) => serial;

    private static Finding Offline(string serial, int second) => new(serial, "offline", FindingKind.Raised, Ms(second), Ms(second), []);

    private static long Ms(int second) => 1_800_000_000_000 + second * 1000L;
}
