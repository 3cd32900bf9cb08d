using Fleet.Grains.Learning;

namespace Fleet.Grains_Tests.Learning;

public sealed class TallyTests
{
    [Fact]
    public void A_tally_stands_still_at_its_end_whatever_is_added()
    {
        Tally tally = default;
        tally.Add(65_534);
        Assert.Equal(65_534, tally.Count);
        tally.Add(long.MaxValue);
        tally.Add(1);
        Assert.Equal(65_535, tally.Count);
    }
}
