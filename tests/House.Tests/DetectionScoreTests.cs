using Fleet.Bench.Detection;
using Fleet.Simulator.Shops;

namespace Fleet.House_Tests;

/// <summary>What <c>bench detect</c> counts as found, as false, and as neither.</summary>
public sealed class DetectionScoreTests
{
    private const long OnsetMs = 3_600_000, EndMs = 7_200_000, MinuteMs = 60_000;
    private readonly Score _score = new();

    [Fact]
    public void A_true_fault_is_found_once_and_said_again_it_is_false()
    {
        _score.Add([True(Ailment.PaperJam)], [At(3, "paper-jam"), At(50, "paper-jam")]);
        Assert.Equal((1, 1, 1), (_score.True, _score.Right, _score.False));
        Assert.Equal(3, _score.Faults["paper-jam"].Minutes(0.5));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(60 + 16)]
    public void Before_the_onset_and_long_after_the_end_it_is_false(int minute)
    {
        _score.Add([True(Ailment.PaperJam)], [At(minute, "paper-jam")]);
        Assert.Equal((1, 0, 1), (_score.True, _score.Right, _score.False));
    }

    [Fact]
    public void Another_terminal_s_fault_and_another_fault_are_false()
    {
        _score.Add([True(Ailment.PaperJam)], [At(3, "paper-jam", terminal: 8), At(4, "tamper")]);
        Assert.Equal((0, 2, 0.0, 0.0), (_score.Right, _score.False, _score.Precision, _score.Recall));
    }

    [Fact]
    public void What_follows_from_a_true_fault_counts_as_nothing()
    {
        _score.Add([True(Ailment.AdapterFault)], [At(3, "adapter-fault"), At(30, "battery-low")]);
        Assert.Equal((1, 0), (_score.Right, _score.False));
    }

    [Fact]
    public void A_look_alike_that_fires_is_false_and_counted()
    {
        _score.Add([Like(Ailment.Lorry)], [At(1, "weak-signal")]);
        Assert.Equal((0, 1, 1, 1), (_score.True, _score.False, _score.LookAlikes, _score.LookAlikesFired));
    }

    [Fact]
    public void A_damaged_card_may_be_called_one_and_the_reader_may_not_be_blamed()
    {
        _score.Add([Like(Ailment.OneDamagedCard)], [At(1, "bad-card"), At(2, "reader-fault")]);
        Assert.Equal((1, 1), (_score.False, _score.LookAlikesFired));
    }

    [Fact]
    public void A_roll_that_nears_its_end_may_be_told_and_need_not_be()
    {
        _score.Add([Like(Ailment.RollEnding)], [At(1, "paper-low")]);
        _score.Add([Like(Ailment.RollEnding)], []);
        Assert.Equal((0, 0, 0, 0), (_score.True, _score.False, _score.LookAlikes, _score.LookAlikesFired));
    }

    [Fact]
    public void A_group_s_fault_is_found_by_a_finding_that_names_the_group_and_not_member_by_member()
    {
        var outage = new FaultTruth("carrier-outage", Ailment.CarrierOutage, OnsetMs, EndMs, [1, 2, 3], MustAlarm: true, "carrier:A");
        _score.Add([outage], [At(1, "offline", terminal: 1), At(1, "offline", terminal: 2), Outage("carrier:B")]);
        Assert.Equal((1, 0, 3), (_score.True, _score.Right, _score.False));
        _score.Add([outage], [Outage("carrier:A")]);
        Assert.Equal((2, 1, 3), (_score.True, _score.Right, _score.False));
    }

    private static FaultTruth True(Ailment ailment) => new(BelievableFleet.Code(ailment), ailment, OnsetMs, EndMs, [7], MustAlarm: true);

    private static FaultTruth Like(Ailment ailment) => new(BelievableFleet.Code(ailment), ailment, OnsetMs, EndMs, [7], MustAlarm: false);

    private static Raised Outage(string group) => new(-1, "carrier-outage", OnsetMs + 2 * MinuteMs, group);

    private static Raised At(int minute, string fault, int terminal = 7) => new(terminal, fault, OnsetMs + (minute * MinuteMs));
}
