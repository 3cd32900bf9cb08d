using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using static Fleet.Grains_Tests.Neighbours.LivingShop;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>
/// A shop of two terminals: M stands on mains and has no battery, so that a power cut silences it; B stands on mains too and
/// goes on by its battery and a SIM. Silence is found after three minutes, an adapter after ten.
/// </summary>
public sealed class PowerCutTests
{
    private readonly LivingShop _shop = Learned("MB");

    [Fact]
    public void Silence_in_the_minute_in_which_a_battery_lost_its_mains_is_a_power_cut_as_soon_as_it_is_found()
    {
        var cut = _shop.AtSecond;
        _shop.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["site:S site-outage"], _shop.Told);
        Assert.InRange(_shop.ToldAtSecond - cut, 0, 4 * Minute); // as late as the silence alone would have been
        Assert.Equal((2d, "offline 1, on-battery 1", "mains"), (_shop.Said("membersDown"), _shop.Said("signs"), _shop.Said("lost")));
        Assert.Equal(("site:S", "site:S"), (_shop.CauseOf("M", "offline"), _shop.CauseOf("B", "adapter-fault")));
    }

    [Fact]
    public void When_it_is_over_nobody_is_told_of_an_adapter_that_wants_its_time_to_be_believed()
    {
        _shop.Passes(60 * Minute, Minute, null, OffMains);
        _shop.Passes(120 * Minute, Minute, OnlyMains, ByRadio);
        Assert.Equal(["site:S site-outage"], _shop.Told);
    }

    [Fact]
    public void Who_does_not_come_back_with_the_mains_is_told_then()
    {
        _shop.Passes(8 * Minute, Minute, null, OffMains); // too short for an adapter's fault
        _shop.Passes(60 * Minute, Minute, null, ByRadio);
        Assert.Equal(["site:S site-outage", "M offline"], _shop.Told);
    }

    [Fact]
    public void An_adapter_that_did_not_survive_it_is_told_when_the_others_have_been_back_for_long()
    {
        _shop.Passes(60 * Minute, Minute, null, OffMains);
        var back = _shop.AtSecond;
        _shop.Passes(60 * Minute, Minute, OnlyMains, OffMains);
        Assert.Equal(["site:S site-outage", "B adapter-fault"], _shop.Told);
        Assert.InRange(_shop.ToldAtSecond - back, 20 * Minute, 25 * Minute);
    }

    [Fact]
    public void A_battery_among_many_that_have_none_makes_it_certain()
    {
        var shop = Learned("MNB");
        shop.Passes(60 * Minute, Minute, null, null, OffMains);
        Assert.Equal(["site:S site-outage"], shop.Told);
        Assert.Equal((3d, "offline 2, on-battery 1", "mains"), (shop.Said("membersDown"), shop.Said("signs"), shop.Said("lost")));
    }

    [Fact]
    public void A_terminal_that_has_mains_says_that_it_is_no_power_cut()
    {
        var shop = Learned("MNB");
        shop.Passes(60 * Minute, Minute, null, OnlyMains, OffMains);
        Assert.Equal(["M offline", "B adapter-fault"], shop.Told);
    }

    [Fact]
    public void A_router_that_dies_silences_who_has_no_other_way_and_is_no_power_cut()
    {
        var shop = Learned("MNB");
        shop.Passes(60 * Minute, Minute, null, null, ByRadio);
        Assert.Equal(["site:S site-outage"], shop.Told);
        Assert.Equal("offline 2", shop.Said("signs"));
        Assert.DoesNotContain(shop.Site!.Evidence, one => one.Name == "lost");
    }

    [Fact]
    public void Silence_beside_a_battery_that_has_its_mains_is_the_terminals_own()
    {
        _shop.Passes(60 * Minute, Minute, null, ByRadio);
        Assert.Equal(["M offline"], _shop.Told);
    }

    [Theory]
    [InlineData(14)]
    [InlineData(4)]
    public void Two_faults_some_minutes_apart_are_two(int minutes)
    {
        _shop.Passes(minutes * Minute, Minute, OnlyMains, OffMains);
        _shop.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["B adapter-fault", "M offline"], _shop.Told.Order(StringComparer.Ordinal));
        var other = Learned("MB");
        other.Passes(minutes * Minute, Minute, null, ByRadio);
        other.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["B adapter-fault", "M offline"], other.Told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Who_was_heard_after_the_other_lost_its_mains_still_had_them()
    {
        _shop.Passes(Minute, Minute, OnlyMains, OffMains);
        _shop.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["site:S site-outage"], _shop.Told); // both spoke in the same second: no order is to be read from that
        var other = Learned("MB");
        other.Passes(2 * Minute, Minute, OnlyMains, OffMains);
        other.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["B adapter-fault", "M offline"], other.Told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_terminal_that_is_carried_around_is_no_witness()
    {
        var shop = Learned("MB", carried: true);
        shop.Passes(120 * Minute, Minute, OnlyMains, ByRadio); // on its cradle, in a quiet hour
        shop.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["M offline"], shop.Told);
    }

    [Fact]
    public void An_adapter_that_comes_and_goes_is_no_witness()
    {
        for (var minute = 0; minute < 40; minute++) _shop.Passes(Minute, Minute, OnlyMains, minute % 2 == 0 ? OffMains : ByRadio);
        _shop.Passes(60 * Minute, Minute, null, OffMains);
        Assert.Equal(["B adapter-fault", "M offline"], _shop.Told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_battery_that_the_cleaner_unplugs_while_the_others_are_off_for_the_night_is_nothing()
    {
        Assert.True(OpeningHours.TryRead("08:00-20:00", out var hours, out _));
        var shop = new LivingShop("MB", hours);
        shop.Passes(8 * Day, 10 * Minute, OnlyMains, ByRadio);
        shop.Passes(8 * Hour, Minute, OnlyMains, ByRadio); // it is 22:13
        shop.Passes(20 * Minute, Minute, null, OffMains);
        shop.Passes(9 * Hour, Minute, null, ByRadio);
        shop.Passes(4 * Hour, Minute, OnlyMains, ByRadio);
        Assert.Empty(shop.Told);
    }

    private static LivingShop Learned(string serials, bool carried = false)
    {
        var shop = new LivingShop(serials);
        var others = Enumerable.Repeat<Action<Report>?>(OnlyMains, serials.Length - 1);
        shop.Passes(4 * Day, 10 * Minute, [.. others, carried ? CarriedAround : ByRadio]);
        shop.Passes(2 * Hour, Minute, [.. others, carried ? CarriedAround : ByRadio]);
        Assert.Empty(shop.Told);
        return shop;
    }
}
