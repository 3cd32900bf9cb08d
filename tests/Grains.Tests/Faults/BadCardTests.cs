using Fleet.Grains.Learning;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A damaged card at chip and tap, and at several readers; by swipe it is in <see cref="CardReadingTests"/>.</summary>
public sealed class BadCardTests
{
    private readonly CardReads _shop = new();

    [Theory]
    [InlineData(1, "chip")]
    [InlineData(2, "tap")]
    public void A_damaged_card_is_known_by_chip_and_tap_too(int way, string text)
    {
        _shop.Read(((Way)way, 4, 4, 1)).Raises("bad-card");
        Assert.Equal((text, 4d, 4d), (_shop.Story.Evidence("reader"), _shop.Story.Evidence("failed"), _shop.Story.Evidence("goodReadsAround")));
        _shop.Read(((Way)way, 10, 0, 0)).Clears("bad-card");
    }

    [Fact]
    public void A_card_that_fails_by_chip_and_then_by_swipe_is_one_alert()
    {
        _shop.Read((Way.Swipe, 2, 1, 1), (Way.Chip, 4, 3, 1)).Raises("bad-card");
        _shop.Read((Way.Swipe, 0, 2, 0)).Changes("bad-card");
        Assert.Equal(("swipe", "swipe, chip"), (_shop.Story.Evidence("reader"), _shop.Story.Evidence("readers")));
        _shop.After(TimeSpan.FromMinutes(30)).Read().Found(("bad-card", Grains.FindingKind.Changed), ("bad-card", Grains.FindingKind.Cleared));
    }

    [Fact]
    public void A_card_whose_chip_fails_and_whose_stripe_is_read_is_nobodys_fault_yet() =>
        _shop.Read((Way.Chip, 0, 3, 1), (Way.Swipe, 1, 0, 0)).FindsNothing();

    [Fact]
    public void Failures_of_several_cards_are_no_damaged_card() => _shop.Read((Way.Tap, 8, 3, 3)).FindsNothing();

    [Fact]
    public void A_counter_that_falls_a_little_is_no_damaged_card()
    {
        _shop.Resets(ok: 900, failed: 1).Read().FindsNothing();
        _shop.Read((Way.Chip, 3, 2, 0)).FindsNothing();
    }
}
