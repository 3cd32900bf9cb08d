using CsCheck;
using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Learning;

namespace Fleet.Grains_Tests.Faults;

public sealed class CardReadingTests
{
    private readonly Story _terminal = new();
    private double _atSeconds;
    private long _ok = 1000, _failed = 20, _cards = 20, _unreadable;

    public CardReadingTests() => Swipe(0, 0, 0);

    [Fact]
    public void A_reader_that_fails_on_several_cards_is_faulty()
    {
        Swipe(ok: 20, failed: 0, cards: 0).FindsNothing();
        Swipe(ok: 1, failed: 4, cards: 2).FindsNothing();
        Swipe(ok: 0, failed: 4, cards: 3).Raises("reader-fault");
        Assert.Equal("swipe", _terminal.Evidence("reader"));
        Assert.Equal((8d, 9d, 5d), (_terminal.Evidence("failed"), _terminal.Evidence("reads"), _terminal.Evidence("cards")));
        Assert.InRange((double)_terminal.Evidence("usualPercent")!, 1.5, 2);
        Assert.Equal((double)Story.Ms(180), _terminal.Evidence("sinceMs"));
        Assert.Equal(["reader-fault"], _terminal.View.OpenFaults);
    }

    [Fact]
    public void It_is_healthy_again_after_some_twenty_good_reads()
    {
        Swipe(ok: 0, failed: 12, cards: 6).Raises("reader-fault");
        Swipe(ok: 10, failed: 0, cards: 0).FindsNothing();
        Swipe(ok: 5, failed: 3, cards: 2).FindsNothing();
        Swipe(ok: 19, failed: 0, cards: 0).FindsNothing();
        Swipe(ok: 10, failed: 0, cards: 0).Clears("reader-fault");
    }

    [Fact]
    public void The_usual_failures_of_a_shop_raise_nothing()
    {
        for (var day = 0; day < 200; day++) Swipe(ok: 49, failed: 1, cards: 1).FindsNothing();
    }

    [Fact]
    public void A_damaged_card_is_not_the_readers_fault()
    {
        Swipe(ok: 5, failed: 8, cards: 1, unreadable: 2).Raises("bad-card");
        Assert.Equal((8d, 2d, 5d, "swipe"), (_terminal.Evidence("failed"), _terminal.Evidence("unreadable"), _terminal.Evidence("goodReadsAround"), _terminal.Evidence("reader")));
        Swipe(ok: 2, failed: 6, cards: 0).FindsNothing();
        Swipe(ok: 9, failed: 0, cards: 0).FindsNothing();
        Swipe(ok: 1, failed: 0, cards: 0).Clears("bad-card");
    }

    [Fact]
    public void A_damaged_card_is_forgotten_after_half_an_hour_without_failures()
    {
        Swipe(ok: 5, failed: 4, cards: 1).Raises("bad-card");
        _atSeconds += 1740;
        Swipe(ok: 0, failed: 0, cards: 0).Clears("bad-card");
    }

    [Fact]
    public void A_failure_of_another_card_long_ago_does_not_hide_a_damaged_one()
    {
        Swipe(ok: 1, failed: 1, cards: 1).FindsNothing();
        _atSeconds += 3600;
        Swipe(ok: 3, failed: 4, cards: 1).Raises("bad-card");
    }

    [Fact]
    public void One_customer_trying_a_dead_reader_again_is_no_damaged_card_yet()
    {
        Swipe(ok: 0, failed: 4, cards: 1).FindsNothing();
        Swipe(ok: 0, failed: 3, cards: 1).FindsNothing();
        Swipe(ok: 0, failed: 3, cards: 1).Raises("reader-fault");
    }

    [Fact]
    public void A_faulty_reader_explains_what_looked_like_a_damaged_card()
    {
        Swipe(ok: 2, failed: 4, cards: 1).Raises("bad-card");
        Swipe(ok: 0, failed: 14, cards: 7).Found(("reader-fault", FindingKind.Raised), ("bad-card", FindingKind.Cleared));
    }

    [Fact]
    public void Without_a_count_of_cards_it_takes_twice_the_evidence()
    {
        Swipe(ok: 0, failed: 9, cards: null).FindsNothing();
        Swipe(ok: 0, failed: 9, cards: null).Raises("reader-fault");
        Assert.Equal("not counted", _terminal.Evidence("cards"));
    }

    [Fact]
    public void A_reset_of_the_counters_is_not_a_burst_of_failures()
    {
        (_ok, _failed, _cards) = (3, 1, 1);
        Swipe(ok: 0, failed: 0, cards: 0).FindsNothing();
    }

    [Fact]
    public void The_first_report_is_only_a_starting_point() =>
        new Story().Reports(Some.Swipes(ok: 10, failed: 500, cards: 300)).FindsNothing();

    /// <summary>Four million reads with a fixed seed: the bound promises fewer than four alarms.</summary>
    [Fact]
    public void A_healthy_reader_of_two_percent_alarms_less_than_once_in_a_million_reads()
    {
        var (alarms, random, isFaulty) = (0, new Random(20_260_922), false);
        var (reader, usualShare) = (default(ReaderTrial), default(UsualShare));
        for (var read = 0; read < 4_000_000; read++)
        {
            var failed = random.NextDouble() < 0.02 ? 1 : 0;
            if (!reader.Hear(new ReadsGrown(1 - failed, failed, failed), ref usualShare, isFaulty, read, new())) continue;
            isFaulty = !isFaulty;
            if (isFaulty) alarms++;
            reader.Forget();
        }
        Assert.InRange(alarms, 0, 3);
    }

    /// <summary>A damaged card in every hundred reports, three to ten tries each, in a shop where 2 % fail anyway.</summary>
    [Fact]
    public void Damaged_cards_among_the_usual_failures_never_look_like_a_faulty_reader()
    {
        var random = new Random(20_260_922);
        var (reader, usualShare) = (default(ReaderTrial), default(UsualShare));
        for (var report = 0; report < 100_000; report++)
        {
            var usual = random.NextDouble() < 0.1 ? 1 : 0;
            var (tries, card) = report % 100 == 0 ? (random.Next(3, 11), 1) : (0, 0);
            Assert.False(reader.Hear(new ReadsGrown(5 - usual, usual + tries, usual + card), ref usualShare, isFaulty: false, report, new()));
        }
    }

    [Fact]
    public void A_reader_that_fails_a_third_of_its_reads_is_found_within_a_hundred() =>
        Gen.Double[0, 1].Array[100].Sample(draws =>
        {
            var (reader, usualShare) = (default(ReaderTrial), default(UsualShare));
            return draws.Count(draw => draw < 0.33) < 20 || draws.Any(draw =>
                reader.Hear(new ReadsGrown(draw < 0.33 ? 0 : 1, draw < 0.33 ? 1 : 0, draw < 0.33 ? 1 : 0), ref usualShare, isFaulty: false, 0, new()));
        });

    [Fact]
    public void Declined_cards_were_read_well_and_a_reader_that_fails_declines_nobody()
    {
        var (ok, failed, approved, declined) = (1000L, 20L, 5000L, 40L);
        Pays(read: 20, fails: 0, approves: 20, declines: 0).FindsNothing();
        Pays(read: 12, fails: 0, approves: 2, declines: 10).Raises("declines");
        Pays(read: 200, fails: 0, approves: 200, declines: 0).Clears("declines");
        Pays(read: 2, fails: 14, approves: 2, declines: 0).Raises("reader-fault");
        Pays(read: 12, fails: 14, approves: 2, declines: 10).Raises("declines"); // both at once are two faults

        Story Pays(long read, long fails, long approves, long declines)
        {
            (ok, failed, approved, declined, _atSeconds) = (ok + read, failed + fails, approved + approves, declined + declines, _atSeconds + 60);
            return _terminal.At(_atSeconds).Reports(report =>
            {
                report.Reader = new() { Chip = new() { Ok = ok, Failed = failed, Cards = failed } };
                report.Payment = new() { Approved = approved, Declined = [new("51", declined), new("91", 3)] };
            });
        }
    }

    private Story Swipe(long ok, long failed, long? cards, long unreadable = 0)
    {
        (_ok, _failed, _cards, _atSeconds) = (_ok + ok, _failed + failed, _cards + (cards ?? 0), _atSeconds + 60);
        _unreadable += unreadable;
        return _terminal.At(_atSeconds).Reports(Some.Swipes(_ok, _failed, cards is null ? null : _cards, _unreadable));
    }
}
