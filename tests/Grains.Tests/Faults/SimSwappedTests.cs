using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class SimSwappedTests
{
    private const string First = "89860000000000001234";
    private const string Second = "89860000000000005678";
    private const string Third = "89490000000000000042";
    private const double Day = 86_400;

    private readonly Story _terminal = new();

    public SimSwappedTests() => _terminal.At(0).Reports(Sim(First)).FindsNothing();

    [Fact]
    public void Another_SIM_is_said_with_the_ends_of_both_and_over_when_the_first_is_back()
    {
        _terminal.At(60).Reports(Sim(Second, carrier: "46001")).Raises("sim-swapped");
        Assert.Equal(("…5678", "…1234", "46001"), (_terminal.Evidence("iccidEnds"), _terminal.Evidence("usualIccidEnds"), _terminal.Evidence("carrier")));
        _terminal.At(120).Reports(Sim(Second)).FindsNothing().IsStoredAndLoaded()
            .At(180).Reports(Sim(First)).Clears("sim-swapped");
    }

    [Fact]
    public void A_SIM_that_stays_a_week_becomes_the_terminals_own() =>
        _terminal.At(60).Reports(Sim(Second)).Raises("sim-swapped")
            .At(6 * Day).Reports(Sim(Second)).FindsNothing()
            .At(8 * Day).Reports(Sim(Second)).Clears("sim-swapped")
            .At(9 * Day).Reports(Sim(Second)).FindsNothing()
            .At(10 * Day).Reports(Sim(Third)).Raises("sim-swapped");

    [Fact]
    public void A_third_SIM_is_said_of_the_same_fault() =>
        _terminal.At(60).Reports(Sim(Second)).Raises("sim-swapped").At(120).Reports(Sim(Third)).Changes("sim-swapped");

    [Fact]
    public void A_terminal_with_two_SIMs_is_known_once_it_went_back()
    {
        _terminal.At(60).Reports(Sim(Second)).Raises("sim-swapped").At(3600).Reports(Sim(First)).Clears("sim-swapped");
        for (var day = 1; day < 20; day++) _terminal.At(day * Day).Reports(Sim(day % 2 == 0 ? First : Second)).FindsNothing();
    }

    [Fact]
    public void A_broken_SIM_that_is_replaced_is_a_repair() =>
        _terminal.At(60).Reports(State(SimState.Error)).At(600).Reports(State(SimState.Absent)).Raises("sim-fault")
            .At(7200).Reports(Sim(Second)).FindsNothing()
            .At(8000).Reports(Sim(Second)).Clears("sim-fault");

    [Fact]
    public void A_SIM_that_was_out_for_a_minute_is_an_exchange() =>
        _terminal.At(60).Reports(State(SimState.Absent)).At(120).Reports(Sim(Second)).Raises("sim-swapped");

    [Fact]
    public void A_SIM_that_was_reseated_explains_no_other_one_later() =>
        _terminal.At(60).Reports(State(SimState.Absent)).At(7200).Reports(Sim(First)).At(7260).Reports(Sim(Second)).Raises("sim-swapped");

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("0000000000000000000")]
    [InlineData("1234")]
    [InlineData("8986 0000 0000 0000 1234")]
    [InlineData("89860000000000001234F")]
    public void What_is_no_ICCID_or_the_same_one_written_otherwise_is_no_exchange(string iccid) =>
        _terminal.At(60).Reports(Sim(iccid)).At(120).Reports(State(SimState.Ready)).FindsNothing();

    private static Action<Report> Sim(string iccid, string? carrier = null) =>
        report => report.Signal = new() { Sim = SimState.Ready, Iccid = iccid, Carrier = carrier };

    private static Action<Report> State(SimState state) => report => report.Signal = new() { Sim = state };
}
