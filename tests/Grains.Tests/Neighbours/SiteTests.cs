using static Fleet.Grains_Tests.Neighbours.LivingShop;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>
/// One shop of three real terminals: A and B on mains and cable, and P, which is carried around on its battery and a SIM.
/// They report every minute for four days, which is how it is known how they are used; then something goes wrong.
/// </summary>
public sealed class SiteTests
{
    private readonly LivingShop _shop = new("ABP");

    public SiteTests()
    {
        _shop.Passes(4 * Day, 10 * Minute, At, At, CarriedAround);
        Assert.Empty(_shop.Told);
    }

    [Fact]
    public void Mains_lost_with_one_terminal_on_its_battery_is_a_power_cut_and_no_two_adapters()
    {
        _shop.Passes(30 * Minute, Minute, OffMains, OffMains, CarriedAround);
        Assert.Equal(["site:S site-outage"], _shop.Told);
        Assert.Equal((2d, 3d, 2d, "adapter-fault 2", "mains"), (_shop.Said("membersDown"), _shop.Said("members"), _shop.Said("membersAble"), _shop.Said("signs"), _shop.Said("lost")));
    }

    [Fact]
    public void One_adapter_that_fails_beside_a_terminal_on_its_battery_is_an_adapter()
    {
        _shop.Passes(30 * Minute, Minute, OffMains, At, CarriedAround);
        Assert.Equal(["A adapter-fault"], _shop.Told);
    }

    [Fact]
    public void Two_of_three_that_stand_on_mains_are_two_adapters_for_the_third_has_power()
    {
        _shop.Passes(120 * Minute, 10 * Minute, At, At, At);
        _shop.Passes(30 * Minute, Minute, OffMains, OffMains, At);
        Assert.Equal(["A adapter-fault", "B adapter-fault"], _shop.Told);
    }

    [Fact]
    public void A_router_that_dies_is_the_shops_network_though_the_terminal_with_a_sim_goes_on()
    {
        _shop.Passes(30 * Minute, Minute, OffCable, OffCable, CarriedAround);
        Assert.Equal(["site:S site-outage"], _shop.Told);
        Assert.Equal((2d, "network-cable 2", "network"), (_shop.Said("membersAble"), _shop.Said("signs"), _shop.Said("lost")));
    }

    [Fact]
    public void A_router_that_dies_is_it_too_where_the_wired_ones_have_no_other_way_and_fall_silent()
    {
        _shop.Passes(30 * Minute, Minute, null, null, CarriedAround);
        Assert.Equal(["site:S site-outage"], _shop.Told);
        Assert.Equal("offline 2", _shop.Said("signs"));
    }

    [Fact]
    public void One_cable_of_two_is_a_cable_whatever_the_terminal_with_a_sim_does()
    {
        _shop.Passes(30 * Minute, Minute, OffCable, At, CarriedAround);
        Assert.Equal(["A network-cable"], _shop.Told);
    }

    [Fact]
    public void A_wired_till_that_goes_on_says_that_it_is_no_network_of_the_shop()
    {
        _shop.Passes(30 * Minute, Minute, At, null, null);
        Assert.Equal(["B offline", "P offline"], _shop.Told);
    }

    [Fact]
    public void A_long_power_cut_explains_that_the_terminals_go_out_one_after_the_other()
    {
        _shop.Passes(60 * Minute, Minute, OffMains, OffMains, CarriedAround);
        _shop.Passes(2 * Minute, Minute, Empty, OffMains, CarriedAround);
        _shop.Passes(28 * Minute, Minute, null, Empty, CarriedAround);
        _shop.Passes(210 * Minute, Minute, null, null, CarriedAround);
        Assert.Equal(["site:S site-outage"], _shop.Told);
        Assert.Equal(("site:S", "site:S"), (_shop.CauseOf("A", "no-start"), _shop.CauseOf("B", "no-start")));
    }

    [Fact]
    public void A_boot_loop_during_a_power_cut_is_the_terminals_own()
    {
        _shop.Passes(30 * Minute, Minute, OffMains, OffMains, CarriedAround);
        for (var boot = 0; boot < 6; boot++) _shop.Passes(2 * Minute, Minute, OffMains, OffMains, CarriedAround + Boots(boot));
        _shop.Passes(3 * Minute, Minute, OffMains, OffMains, CarriedAround + Boots(6));
        Assert.Equal(["site:S site-outage", "P no-start"], _shop.Told);
    }
}
