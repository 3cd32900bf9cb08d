using Fleet.Grains.Faults;

namespace Fleet.Grains_Tests.Faults;

public sealed class FaultLimitsTests
{
    [Fact]
    public void The_defaults_are_in_their_ranges() => Assert.Empty(FaultLimits.Default.Check());

    [Fact]
    public void A_value_out_of_range_is_named_with_its_range()
    {
        var limits = new FaultLimits { WeakSignal = new() { HoldFor = TimeSpan.FromDays(2) }, Reader = new() { Cards = 1 } };
        Assert.Equal(
            ["Faults:WeakSignal:HoldFor is 2.00:00:00; it must be from 00:00:00 to 1.00:00:00.", "Faults:Reader:Cards is 1; it must be from 2 to 100."],
            limits.Check());
    }

    [Fact]
    public void Values_that_contradict_each_other_are_named_together()
    {
        var limits = new FaultLimits { Paper = new() { ReceiptsLeftToRaise = 50 } };
        Assert.Equal(["Faults:Paper:ReceiptsLeftToRaise is 50; it must be below Faults:Paper:ReceiptsLeftToClear, which is 40."], limits.Check());
    }
}
