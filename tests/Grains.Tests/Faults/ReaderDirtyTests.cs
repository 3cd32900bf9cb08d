using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Learning;

namespace Fleet.Grains_Tests.Faults;

public sealed class ReaderDirtyTests
{
    private readonly CardReads _shop = new();

    [Fact]
    public void A_failed_share_that_grows_over_days_wants_cleaning_and_ends_with_it()
    {
        Days(12, failed: 2).FindsNothing();
        Day(failed: 5).FindsNothing();
        Day(failed: 6).FindsNothing();
        Day(failed: 7).FindsNothing();
        Days(3, failed: 7).Found(("reader-dirty", FindingKind.Foreseen), ("reader-dirty", FindingKind.Raised));
        Assert.Equal(("chip", 2d), (Evidence("reader"), Evidence("usualPercent")));
        Assert.InRange((double)Evidence("failedPercent")!, 5, 7);
        Assert.InRange((double)Evidence("days")!, 3, 6);
        Assert.Equal((double)Evidence("failedPercent")!, 100 * (double)Evidence("failed")! / (double)Evidence("reads")!, 1);
        Day(failed: 7).FindsNothing();
        Days(10, failed: 1).Found(("reader-dirty", FindingKind.Cleared), ("reader-dirty", FindingKind.Withdrawn));
    }

    [Fact]
    public void One_bad_day_is_nothing()
    {
        Days(12, failed: 2).FindsNothing();
        Day(failed: 9).FindsNothing();
        Days(12, failed: 2).FindsNothing();
    }

    [Fact]
    public void One_damaged_card_tried_again_and_again_every_day_is_no_dirt()
    {
        Days(12, failed: 2).FindsNothing();
        for (var day = 0; day < 10; day++)
        {
            _shop.Read((Way.Chip, 50, 0, 0)).FindsNothing();
            _shop.Read((Way.Chip, 49, 10, 1)).Raises("bad-card");
            _shop.After(TimeSpan.FromDays(1)).Read().Clears("bad-card");
        }
    }

    [Fact]
    public void A_reader_that_always_failed_more_is_only_usual() => Days(60, failed: 5).FindsNothing();

    [Fact]
    public void A_reader_that_was_lucky_while_the_usual_was_learned_is_not_called_dirty_for_it()
    {
        Days(8, failed: 1).FindsNothing();
        for (var day = 0; day < 22; day++) Day(failed: day % 2 == 0 ? 3 : 2).FindsNothing();
    }

    [Fact]
    public void A_shop_of_five_cards_a_day_is_not_judged_by_its_few_failures()
    {
        for (var day = 0; day < 200; day++)
        {
            _shop.After(TimeSpan.FromDays(1)).Read((Way.Tap, day % 10 == 0 ? 4 : 5, day % 10 == 0 ? 1 : 0, day % 10 == 0 ? 1 : 0)).FindsNothing();
        }
    }

    [Fact]
    public void A_faulty_reader_is_more_than_dirty()
    {
        Days(12, failed: 2).FindsNothing();
        Days(6, failed: 7).Found(("reader-dirty", FindingKind.Foreseen), ("reader-dirty", FindingKind.Raised));
        _shop.Read((Way.Chip, 0, 40, 20)).Found(("reader-fault", FindingKind.Raised), ("reader-dirty", FindingKind.Cleared), ("reader-dirty", FindingKind.Withdrawn));
        Days(3, failed: 40).FindsNothing();
    }

    [Fact]
    public void The_days_go_on_when_the_state_is_loaded()
    {
        Days(12, failed: 2).FindsNothing();
        for (var day = 0; day < 3; day++)
        {
            Day(failed: 7);
            _shop.Story.IsStoredAndLoaded();
        }
        Day(failed: 7).Found(("reader-dirty", FindingKind.Foreseen), ("reader-dirty", FindingKind.Raised));
    }

    /// <summary>274 years of a hundred reads a day with a fixed seed.</summary>
    [Fact]
    public void A_clean_reader_of_two_percent_is_called_dirty_less_than_once_in_a_hundred_years()
    {
        var (alarms, random) = (0, new Random(20_261_125));
        WearTrial reader = default;
        var foreseen = 0;
        for (var day = 1; day <= 60_000; day++)
        {
            for (var read = 0; read < 100; read++)
            {
                var failed = random.NextDouble() < 0.02 ? 1 : 0;
                reader.Count(new ReadsGrown(1 - failed, failed, failed));
            }
            var wasForeseen = IsForeseen(day);
            if (!reader.EndDay(day, isDirty: false, FaultLimits.Default, model: null))
            {
                foreseen += !wasForeseen && IsForeseen(day + 1) ? 1 : 0;
                continue;
            }
            alarms++;
            reader.Forget();
        }
        Assert.InRange(alarms, 0, 2);
        Assert.InRange(foreseen, 0, 65); // cleaning it for nothing once in two years costs little

        bool IsForeseen(int day) => reader.UntilDirty(day, FaultLimits.Default.ReaderDirty) is not null;
    }

    [Fact]
    public void Dirt_that_gathers_is_foreseen_with_its_uncertainty()
    {
        Days(12, failed: 2).FindsNothing();
        Assert.Null(_shop.Story.View.ReaderCleaning);
        Days(6, failed: 5).Foresees("reader-dirty");
        var due = _shop.Story.View.ReaderCleaning!.Value;
        Assert.InRange(due.AtMs, Now, Now + (3 * DayMs));
        Assert.True(due.EarliestMs < due.AtMs && due.AtMs < due.LatestMs);
        Days(4, failed: 1).Withdraws("reader-dirty");
        Assert.Null(_shop.Story.View.ReaderCleaning);
    }

    [Fact]
    public void A_reader_that_wants_cleaning_every_so_many_cards_wants_it_then_again_however_clean_it_looks()
    {
        Days(12, failed: 2).FindsNothing();
        GetsDirtyAndIsCleaned();
        Assert.Null(_shop.Story.View.ReaderCleaning); // since when it was clean before is not known
        Days(20, failed: 2).FindsNothing();
        GetsDirtyAndIsCleaned();
        var (cleaned, due) = (Now, _shop.Story.View.ReaderCleaning);
        Assert.Null(due); // how many cards are read in a day is not known yet
        Days(5, failed: 2).FindsNothing();
        _shop.Story.IsStoredAndLoaded();
        due = _shop.Story.View.ReaderCleaning;
        Assert.InRange(due!.Value.AtMs, cleaned + (20 * DayMs), cleaned + (28 * DayMs));
        Days(10, failed: 2).Foresees("reader-dirty");
    }

    /// <summary>And says so at most a day later than it is.</summary>
    private void GetsDirtyAndIsCleaned()
    {
        Days(5, failed: 7).Found(("reader-dirty", FindingKind.Foreseen), ("reader-dirty", FindingKind.Raised));
        for (var day = 0; _shop.Story.Terminal.View().OpenFaults.Length > 0; day++)
        {
            Assert.InRange(day, 0, 10);
            Day(failed: 1);
        }
        _shop.Story.Found(("reader-dirty", FindingKind.Cleared), ("reader-dirty", FindingKind.Withdrawn));
    }

    private const long DayMs = 86_400_000;

    private long Now => Story.Ms(_shop.AtSeconds);

    private Story Day(int failed) => _shop.After(TimeSpan.FromDays(1)).Read((Way.Chip, 100 - failed, failed, failed));

    private Story Days(int days, int failed)
    {
        for (var day = 1; day < days; day++) Day(failed);
        return Day(failed);
    }

    private object? Evidence(string name) => _shop.Story.Evidence(name);
}
