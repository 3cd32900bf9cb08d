using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>
/// One shop of three real terminals: A and B on mains and cable, and P, which is carried around on its battery and a SIM.
/// They report every minute for four days, which is how it is known how they are used; then something goes wrong.
/// </summary>
public sealed class SiteTests
{
    private const int Minute = 60, Begins = 4 * 24 * 60 * Minute;

    private readonly Census _census = new();
    private readonly Dictionary<string, Terminal> _terminals = new[] { "A", "B", "P" }.ToDictionary(serial => serial, serial => new Terminal(serial));
    private readonly Neighbourhood _shop;
    private readonly List<string> _told = [];
    private Finding? _site;

    public SiteTests()
    {
        _shop = new(_ => new(Site: "S"), _ => _terminals.Count, new Holding(), _census, _ => _terminals.Keys);
        Passes(0, Begins, step: 10 * Minute, At, At, Carried);
        Assert.Empty(_told);
    }

    [Fact]
    public void Mains_lost_with_one_terminal_on_its_battery_is_a_power_cut_and_no_two_adapters()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, OffMains, OffMains, Carried);
        Assert.Equal(["site:S site-outage"], _told);
        Assert.Equal((2d, 3d, 2d, "adapter-fault 2", "mains"), (Said("membersDown"), Said("members"), Said("membersAble"), Said("signs"), Said("lost")));
    }

    [Fact]
    public void One_adapter_that_fails_beside_a_terminal_on_its_battery_is_an_adapter()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, OffMains, At, Carried);
        Assert.Equal(["A adapter-fault"], _told);
    }

    [Fact]
    public void Two_of_three_that_stand_on_mains_are_two_adapters_for_the_third_has_power()
    {
        Passes(Begins, Begins + 120 * Minute, 10 * Minute, At, At, At);
        Passes(Begins + 120 * Minute, Begins + 150 * Minute, Minute, OffMains, OffMains, At);
        Assert.Equal(["A adapter-fault", "B adapter-fault"], _told);
    }

    [Fact]
    public void A_router_that_dies_is_the_shops_network_though_the_terminal_with_a_sim_goes_on()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, OffCable, OffCable, Carried);
        Assert.Equal(["site:S site-outage"], _told);
        Assert.Equal((2d, "network-cable 2", "network"), (Said("membersAble"), Said("signs"), Said("lost")));
    }

    [Fact]
    public void A_router_that_dies_is_it_too_where_the_wired_ones_have_no_other_way_and_fall_silent()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, null, null, Carried);
        Assert.Equal(["site:S site-outage"], _told);
        Assert.Equal("offline 2", Said("signs"));
    }

    [Fact]
    public void One_cable_of_two_is_a_cable_whatever_the_terminal_with_a_sim_does()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, OffCable, At, Carried);
        Assert.Equal(["A network-cable"], _told);
    }

    [Fact]
    public void A_wired_till_that_goes_on_says_that_it_is_no_network_of_the_shop()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, At, null, null);
        Assert.Equal(["B offline", "P offline"], _told);
    }

    [Fact]
    public void A_long_power_cut_explains_that_the_terminals_go_out_one_after_the_other()
    {
        Passes(Begins, Begins + 60 * Minute, Minute, OffMains, OffMains, Carried);
        Passes(Begins + 60 * Minute, Begins + 62 * Minute, Minute, Empty, OffMains, Carried);
        Passes(Begins + 62 * Minute, Begins + 90 * Minute, Minute, null, Empty, Carried);
        Passes(Begins + 90 * Minute, Begins + 300 * Minute, Minute, null, null, Carried);
        Assert.Equal(["site:S site-outage"], _told);
        Assert.Equal(("site:S", "site:S"), (_shop.CauseOf("A", "no-start"), _shop.CauseOf("B", "no-start")));
    }

    [Fact]
    public void A_boot_loop_during_a_power_cut_is_the_terminals_own()
    {
        Passes(Begins, Begins + 30 * Minute, Minute, OffMains, OffMains, Carried);
        for (var boot = 0; boot < 6; boot++) Passes(Begins + (30 + 2 * boot) * Minute, Begins + (32 + 2 * boot) * Minute, Minute, OffMains, OffMains, Carried + Boots(boot));
        Passes(Begins + 42 * Minute, Begins + 45 * Minute, Minute, OffMains, OffMains, Carried + Boots(6));
        Assert.Equal(["site:S site-outage", "P no-start"], _told);
    }

    private static void At(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Mains, Battery = 1 }, new() { Link = Link.Wired });

    private static void OffMains(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Battery, Battery = 0.6 }, new() { Link = Link.Wired });

    private static void Empty(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Battery, Battery = 0.03 }, new() { Link = Link.Wired });

    private static void OffCable(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Mains, Battery = 1 }, new() { Link = Link.Cellular });

    private static Action<Report> Carried { get; } = report => (report.Power, report.Signal) = (new() { Source = PowerSource.Battery, Battery = 0.9 }, new() { Link = Link.Cellular });

    private static Action<Report> Boots(int times) => report => report.System = new() { Reboots = times };

    private object? Said(string name) => _site!.Evidence.Single(e => e.Name == name) is var one ? one.Text ?? (object?)one.Number : null;

    /// <summary>Each reports so at every step; null for one that is silent.</summary>
    private void Passes(int from, int to, int step, params Action<Report>?[] ways)
    {
        var findings = new List<Finding>();
        for (var second = from; second < to; second += step)
        {
            foreach (var (terminal, way) in _terminals.Values.Zip(ways)) Lives(terminal, way, second, step, findings);
            foreach (var found in findings.OrderBy(one => one.AtMs)) _shop.Hear(found);
            findings.Clear();
            for (var passed = 0; passed < Math.Min(step, Minute); passed += 10)
                foreach (var told in _shop.Tick(Story.Ms(second + passed)).Where(one => one.Kind == FindingKind.Raised))
                {
                    _told.Add($"{told.Subject} {told.Fault}");
                    if (told.Subject == "site:S") _site = told;
                }
        }
    }

    private void Lives(Terminal terminal, Action<Report>? way, int second, int step, List<Finding> findings)
    {
        if (terminal.DueAtMs is > 0 and var dueAtMs && dueAtMs <= Story.Ms(second))
            terminal.Apply(new(InputKind.Tick, Story.Ms(second), HeardAtMs: terminal.HeardAtMs), findings);
        if (way is null) return;
        var report = new Report { Serial = terminal.Serial, ReceivedAtMs = Story.Ms(second), AtMs = Story.Ms(second), Seq = second + 1, HasSeq = true, Heartbeat = new() { IntervalSeconds = step } };
        way(report);
        terminal.Apply(new(InputKind.Report, Story.Ms(second), report), findings);
        _census.Hear(report);
    }
}
