using System.Collections.Immutable;
using Fleet.Grains.Faults;
using Fleet.Grains.Learning;

namespace Fleet.Grains_Tests.Faults;

/// <summary>The three ways of reading together; what makes one of them faulty is in <see cref="CardReadingTests"/>.</summary>
public sealed class ReaderFaultTests
{
    private readonly CardReads _shop = new();

    [Theory]
    [InlineData(1, "chip")]
    [InlineData(2, "tap")]
    public void Each_way_of_reading_is_judged_by_itself(int way, string text)
    {
        _shop.Read((Way.Swipe, 30, 0, 0), ((Way)way, 1, 8, 5)).Raises("reader-fault");
        Assert.Equal((text, text, 8d, 9d), (Evidence("reader"), Evidence("readers"), Evidence("failed"), Evidence("reads")));
    }

    [Fact]
    public void A_second_faulty_way_changes_the_fault_and_the_last_good_one_ends_it()
    {
        _shop.Read((Way.Chip, 0, 12, 6)).Raises("reader-fault");
        _shop.Read((Way.Tap, 0, 12, 6), (Way.Chip, 0, 2, 1)).Changes("reader-fault");
        Assert.Equal(("tap", "chip, tap"), (Evidence("reader"), Evidence("readers")));
        _shop.Read((Way.Chip, 40, 0, 0)).Changes("reader-fault");
        Assert.Equal(("chip", "tap"), (Evidence("reader"), Evidence("readers")));
        _shop.Read((Way.Tap, 40, 0, 0)).Clears("reader-fault");
        Assert.Equal(("tap", "none"), (Evidence("reader"), Evidence("readers")));
    }

    [Fact]
    public void Good_swipes_do_not_hide_a_dead_chip_reader_nor_end_its_fault()
    {
        _shop.Read((Way.Swipe, 500, 0, 0), (Way.Chip, 0, 12, 6)).Raises("reader-fault");
        for (var minute = 0; minute < 20; minute++) _shop.Read((Way.Swipe, 50, 0, 0)).FindsNothing();
    }

    [Fact]
    public void It_goes_on_where_it_was_when_the_state_is_loaded()
    {
        _shop.Read((Way.Chip, 0, 12, 6)).Raises("reader-fault");
        _shop.Story.IsStoredAndLoaded();
        _shop.Read((Way.Chip, 0, 3, 2), (Way.Tap, 9, 0, 0)).FindsNothing();
        _shop.Read((Way.Chip, 40, 0, 0)).Clears("reader-fault");
    }

    [Fact]
    public void A_counter_that_falls_a_little_is_no_burst_of_failures()
    {
        _shop.Resets(ok: 900, failed: 19).Read().FindsNothing();
        _shop.Read((Way.Chip, 10, 0, 0)).FindsNothing();
    }

    [Fact]
    public void A_model_whose_readers_are_known_to_be_worse_is_given_more_before_it_has_learned()
    {
        var limits = new FaultLimits { Reader = new() { PriorShareByModel = ImmutableDictionary<string, double>.Empty.Add("Old", 0.09) } };
        Assert.Empty(limits.Check());
        var (old, other) = (new CardReads(model: "Old"), new CardReads(model: "New"));
        (old.Story.Terminal.Limits, other.Story.Terminal.Limits) = (limits, limits);
        other.Read((Way.Chip, 1, 7, 4)).Raises("reader-fault");
        old.Read((Way.Chip, 1, 7, 4)).FindsNothing();
        old.Read((Way.Chip, 1, 7, 4)).Raises("reader-fault");
        Assert.Equal(9d, old.Story.Evidence("usualPercent"));
    }

    [Fact]
    public void A_models_share_that_no_reader_may_have_is_named() => Assert.Equal(
        ["Faults:Reader:PriorShareByModel:X is 0.5; it must be from 0.001 to 0.1.",
            "Faults:Reader:PriorShareByModel:X is 0.5; it must be below Faults:Reader:LargestUsualShare, which is 0.1."],
        new FaultLimits { Reader = new() { PriorShareByModel = ImmutableDictionary<string, double>.Empty.Add("X", 0.5) } }.Check());

    private object? Evidence(string name) => _shop.Story.Evidence(name);
}
