using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class SimFaultTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void A_sim_that_stays_away_for_a_minute_is_a_fault()
    {
        _terminal.At(0).Reports(Sim(SimState.Ready)).At(60).Reports(Sim(SimState.Absent)).FindsNothing()
            .At(119).Reports(Sim(SimState.Absent)).FindsNothing()
            .At(120).Reports(Sim(SimState.Absent)).Raises("sim-fault");
        Assert.Equal(("absent", 60d), (_terminal.Evidence("sim"), _terminal.Evidence("sinceSeconds")));
    }

    [Fact]
    public void The_minute_ends_without_another_message()
    {
        _terminal.At(0).Reports(Sim(SimState.Ready)).At(10).Reports(Sim(SimState.Error));
        Assert.Equal(Story.Ms(70), _terminal.Terminal.DueAtMs);
        _terminal.IsStoredAndLoaded().At(69).HearsNothing().FindsNothing()
            .At(70).HearsNothing().Raises("sim-fault");
        Assert.Equal("error", _terminal.Evidence("sim"));
    }

    [Fact]
    public void Another_state_is_said_and_a_ready_minute_clears_it()
    {
        _terminal.At(0).Reports(Sim(SimState.Locked, "8986001")).At(60).Reports(Sim(SimState.Locked, "8986001")).Raises("sim-fault");
        Assert.Equal("8986001", _terminal.Evidence("iccid"));
        _terminal.At(70).Reports(Sim(SimState.Denied)).Changes("sim-fault")
            .At(80).Reports(Sim(SimState.Ready)).At(100).Reports(Sim(SimState.Denied)).Changes("sim-fault")
            .At(110).Reports(Sim(SimState.Ready)).FindsNothing()
            .At(170).HearsNothing().Clears("sim-fault");
    }

    [Fact]
    public void A_modem_that_starts_finds_its_sim_within_the_minute() =>
        _terminal.At(0).Reports(Sim(SimState.Ready)).At(10).Reports(Sim(SimState.Absent)).At(60).Reports(Sim(SimState.Ready))
            .At(71).Reports(Sim(SimState.Absent)).At(130).Reports(Sim(SimState.Absent)).FindsNothing();

    [Fact]
    public void A_slot_that_never_held_a_sim_is_no_fault() =>
        _terminal.At(0).Reports(OnWifi).At(60).Reports(OnWifi).At(150).Reports(OnWifi).FindsNothing();

    [Fact]
    public void A_state_that_is_not_known_or_not_told_leaves_all_as_it_is() =>
        _terminal.At(0).Reports(Sim(SimState.Denied)).At(20).Reports(Sim(SimState.Unknown)).At(40).Reports(Some.Lte(-90)).FindsNothing()
            .At(60).Reports().Raises("sim-fault")
            .At(70).Reports(Sim(SimState.Unknown)).At(200).Reports(Some.Lte(-90)).FindsNothing();

    [Fact]
    public void No_signal_without_a_sim_is_not_a_weak_one()
    {
        var weak = Some.Lte(-125, -5) + (report => report.Signal!.Sim = SimState.Absent);
        _terminal.At(0).Reports(weak).At(60).Reports(weak).Raises("sim-fault")
            .At(120).Reports(weak).At(180).Reports(Some.Lte(-125, -5)).FindsNothing();
    }

    [Fact]
    public void A_weak_signal_is_no_sim_fault() =>
        _terminal.At(0).Reports(Weak).At(60).Reports(Weak).At(120).Reports(Weak).Raises("weak-signal");

    private static readonly Action<Report> Weak = Some.Lte(-112, 3) + (report => report.Signal!.Sim = SimState.Ready);

    private static readonly Action<Report> OnWifi = report => report.Signal = new() { Link = Link.Wifi, Sim = SimState.Absent };

    private static Action<Report> Sim(SimState sim, string? iccid = null) =>
        report => report.Signal = new() { Link = Link.Cellular, Sim = sim, Iccid = iccid };
}
