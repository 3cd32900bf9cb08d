using Fleet.Simulator.Shops;

namespace Fleet.House_Tests;

/// <summary>The believable fleet is repeatable, keeps its hours and counts as the wire does.</summary>
public sealed class BelievableFleetTests
{
    private const long StartMs = 1_772_409_600_000, MinuteMs = 60_000;

    [Fact]
    public void The_same_seed_makes_the_same_fleet_and_another_seed_another()
    {
        Assert.Equal(Sales(seed: 7), Sales(seed: 7));
        Assert.NotEqual(Sales(seed: 7), Sales(seed: 8));
        Assert.Equal(Fleet(7).Truths.Select(Text), Fleet(7).Truths.Select(Text));
    }

    [Fact]
    public void Nobody_buys_in_a_closed_shop()
    {
        var fleet = Fleet(7);
        var (terminal, shop, before, sold) = (fleet.Terminal(0), fleet.ShopOf(0), 0L, 0);
        for (var atMs = StartMs; atMs < fleet.EndMs; atMs += MinuteMs)
        {
            var approved = terminal.Advance(atMs).Approved;
            if (approved > before) Assert.True(shop.IsOpen(atMs));
            (sold, before) = (sold + (approved > before ? 1 : 0), approved);
        }
        Assert.True(sold > 100);
    }

    [Fact]
    public void Counters_fall_only_where_the_plight_says_so_and_rolls_are_changed()
    {
        var (fleet, changes) = (Fleet(7), 0);
        for (var index = 0; index < fleet.Terminals; index++)
        {
            var (terminal, lines, paper) = (fleet.Terminal(index), 0L, 0.0);
            for (var atMs = StartMs; atMs < fleet.EndMs; atMs += MinuteMs)
            {
                ref readonly var now = ref terminal.Advance(atMs);
                if (now.Lines < lines) Assert.Contains(fleet.PlightsOf(index), plight => plight.Ailment == Ailment.CounterReset && plight.IsAt(atMs));
                if (now.Paper > paper + 0.5 && atMs > StartMs) changes++;
                (lines, paper) = (now.Lines, now.Paper);
            }
        }
        Assert.True(changes > 0);
    }

    [Fact]
    public void Every_fault_of_the_catalogue_and_every_look_alike_befalls_somebody()
    {
        var fleet = new BelievableFleet(terminals: 2_000, days: 20, StartMs, seed: 7);
        Assert.Equal(Enum.GetValues<Ailment>().Where(ailment => ailment is not (Ailment.None or Ailment.RollEnding)).Order(), fleet.Truths.Select(truth => truth.Ailment).Distinct().Order());
        Assert.Equal(34, fleet.Truths.Where(truth => truth.MustAlarm).Select(truth => truth.Fault).Distinct().Count());
        Assert.All(fleet.Truths, truth => Assert.All(truth.Terminals, terminal =>
            Assert.Contains(new Plight(truth.Ailment, truth.FromMs, truth.ToMs), fleet.PlightsOf(terminal))));
    }

    [Fact]
    public void Nothing_befalls_anybody_in_the_quiet_days_nor_ever_in_a_healthy_fleet()
    {
        var fleet = new BelievableFleet(terminals: 200, days: 5, StartMs, seed: 7, quietDays: 10);
        Assert.NotEmpty(fleet.Truths);
        Assert.All(fleet.Truths, truth => Assert.InRange(truth.FromMs, fleet.QuietToMs, fleet.EndMs));
        Assert.Empty(new BelievableFleet(terminals: 200, days: 5, StartMs, seed: 7, isHealthy: true).Truths);
    }

    [Fact]
    public void A_bad_version_comes_to_those_who_try_it_first_and_goes_with_a_better_one()
    {
        var fleet = new BelievableFleet(terminals: 60, days: 5, StartMs, seed: 7);
        var regression = Assert.Single(fleet.Truths, truth => truth.Ailment == Ailment.CohortRegression);
        foreach (var index in Enumerable.Range(0, fleet.Terminals))
        {
            var (terminal, versions) = (fleet.Terminal(index), new List<string>());
            for (var atMs = StartMs; atMs < fleet.EndMs; atMs += MinuteMs)
            {
                ref readonly var now = ref terminal.Advance(atMs);
                if (!now.IsSilent && versions.LastOrDefault() != now.App) versions.Add(now.App);
            }
            Assert.Equal(regression.Terminals.Contains(index) ? ["7.0.1", "7.0.2", "7.1.0", "7.1.1"] : ["7.0.1", "7.0.2"], versions);
        }
    }

    [Fact]
    public void A_battery_wears_with_its_cycles_and_payments_without_a_link_wait_to_be_sent()
    {
        var fleet = new BelievableFleet(terminals: 300, days: 6, StartMs, seed: 7);
        var (worn, waited, sent) = (0, 0, 0);
        for (var index = 0; index < fleet.Terminals; index++)
        {
            var terminal = fleet.Terminal(index);
            var before = terminal.Advance(StartMs);
            for (var atMs = StartMs; atMs < fleet.EndMs; atMs += MinuteMs)
            {
                ref readonly var now = ref terminal.Advance(atMs);
                if (now.Cycles > before.Cycles && now.Health < before.Health) worn++;
                if (now.Unsent > before.Unsent) waited++;
                if (now.Unsent < before.Unsent && now.Approved > before.Approved + before.Unsent) sent++;
                before = now;
            }
        }
        Assert.True(worn > 50 && waited > 0 && sent > 0, $"{worn} cycles, {waited} payments waited, {sent} times they were sent");
    }

    [Fact]
    public void Who_has_no_battery_starts_when_mains_are_back_and_who_has_one_ran_on()
    {
        var fleet = new BelievableFleet(terminals: 300, days: 6, StartMs, seed: 7);
        var members = fleet.Truths.Where(truth => truth.Ailment == Ailment.SiteOutage).SelectMany(cut => cut.Terminals, (cut, index) => (cut, index)).ToList();
        var ranOn = 0;
        foreach (var (cut, index) in members)
        {
            var terminal = fleet.Terminal(index);
            for (var atMs = StartMs; atMs < cut.ToMs; atMs += MinuteMs) terminal.Advance(atMs);
            ref readonly var now = ref terminal.Advance(cut.ToMs + MinuteMs);
            if (now.IsSilent) continue; // at night
            if (!now.HasBattery) Assert.InRange(now.UptimeSeconds, 0, 120);
            else if (now.UptimeSeconds > 2 * 3600) ranOn++; // but for who starts for an update
        }
        Assert.InRange(ranOn, members.Count / 3, members.Count);
    }

    [Fact]
    public void In_a_power_cut_who_has_a_battery_and_a_SIM_says_so_and_the_others_say_nothing()
    {
        var fleet = new BelievableFleet(terminals: 300, days: 6, StartMs, seed: 7);
        var cuts = fleet.Truths.Where(truth => truth.Ailment == Ailment.PowerCut).ToList();
        Assert.NotEmpty(cuts);
        foreach (var cut in cuts)
        {
            var said = new List<bool>();
            foreach (var index in cut.Terminals)
            {
                var terminal = fleet.Terminal(index);
                for (var atMs = StartMs; atMs < cut.FromMs; atMs += MinuteMs) terminal.Advance(atMs);
                ref readonly var now = ref terminal.Advance(cut.FromMs + MinuteMs);
                said.Add(!now.IsSilent);
                if (!now.IsSilent) Assert.Equal((true, false, LinkKind.Cellular), (now.HasBattery, now.OnMains, now.Link));
            }
            Assert.Equal([false, true], said.Distinct().Order());
            Assert.Equal(("site-outage", true, $"site:{fleet.ShopOf(cut.Terminals[0]).Name}"), (cut.Fault, cut.MustAlarm, cut.Group));
        }
    }

    private static BelievableFleet Fleet(ulong seed) => new(terminals: 30, days: 5, StartMs, seed);

    private static string Text(FaultTruth truth) => $"{truth.Fault} {truth.FromMs} {truth.ToMs} {string.Join(' ', truth.Terminals)}";

    private static List<long> Sales(ulong seed)
    {
        var terminal = Fleet(seed).Terminal(3);
        return [.. Enumerable.Range(0, 2_000).Select(minute => terminal.Advance(StartMs + minute * MinuteMs).Amount)];
    }
}
