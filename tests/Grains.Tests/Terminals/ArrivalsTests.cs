using CsCheck;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Terminals;

public sealed class ArrivalsTests
{
    private Arrivals _arrivals;

    [Fact]
    public void Later_reports_are_new_and_repeated_ones_are_duplicates()
    {
        Is(Arrival.New, seq: 1, at: 10);
        Is(Arrival.New, seq: 2, at: 20);
        Is(Arrival.Duplicate, seq: 1, at: 10);
        Is(Arrival.Duplicate, seq: 2, at: 20);
        Assert.Equal((2, 3, 0, 2), (_arrivals.Reports, _arrivals.SeqSum, _arrivals.Late, _arrivals.Duplicates));
    }

    [Fact]
    public void A_report_that_was_overtaken_is_late_but_counts()
    {
        Is(Arrival.New, seq: 1, at: 10);
        Is(Arrival.New, seq: 3, at: 30);
        Is(Arrival.Overtaken, seq: 2, at: 20);
        Is(Arrival.Duplicate, seq: 2, at: 20);
        Assert.Equal((3, 6, 1, 30, 3), (_arrivals.Reports, _arrivals.SeqSum, _arrivals.Late, _arrivals.NewestAtMs, _arrivals.NewestSeq));
    }

    [Fact]
    public void At_the_same_time_the_number_decides()
    {
        Is(Arrival.New, seq: 5, at: 10);
        Is(Arrival.New, seq: 6, at: 10);
        Is(Arrival.Overtaken, seq: 4, at: 10);
    }

    [Fact]
    public void What_is_older_than_the_window_is_taken_for_a_duplicate()
    {
        Is(Arrival.New, seq: 1000, at: 10);
        Is(Arrival.Overtaken, seq: 745, at: 9);
        Is(Arrival.Duplicate, seq: 744, at: 8);
    }

    [Fact]
    public void A_numbering_that_began_again_is_followed_and_the_old_one_remembered()
    {
        Is(Arrival.New, seq: 100, at: 10);
        Is(Arrival.New, seq: 102, at: 20);
        Is(Arrival.New, seq: 0, at: 30);
        Is(Arrival.New, seq: 1, at: 40);
        Is(Arrival.Duplicate, seq: 102, at: 20);
        Is(Arrival.Late, seq: 101, at: 15);
        Is(Arrival.Duplicate, seq: 101, at: 15);
        Is(Arrival.New, seq: 2, at: 50);
        Is(Arrival.Duplicate, seq: 1, at: 40);
    }

    [Fact]
    public void A_clock_set_back_after_a_restart_loses_no_report()
    {
        Is(Arrival.New, seq: 100, at: 10);
        Is(Arrival.New, seq: 0, at: 30);
        Is(Arrival.Late, seq: 1, at: 25);
        Is(Arrival.Duplicate, seq: 1, at: 25);
    }

    [Fact]
    public void A_clock_that_is_set_back_is_believed_with_its_second_report()
    {
        Is(Arrival.New, seq: 1, at: 1000, received: 1000);
        Is(Arrival.New, seq: 2, at: 1060, received: 1060);
        Is(Arrival.Late, seq: 3, at: 120, received: 1120);
        Is(Arrival.New, seq: 4, at: 180, received: 1180);
        Is(Arrival.New, seq: 5, at: 240, received: 1240);
        Assert.Equal(240, _arrivals.NewestAtMs);
    }

    [Fact]
    public void What_comes_again_from_before_the_clock_was_set_back_is_a_duplicate_still()
    {
        A_clock_that_is_set_back_is_believed_with_its_second_report();
        Is(Arrival.Duplicate, seq: 2, at: 1060, received: 1250);
        Is(Arrival.Duplicate, seq: 3, at: 120, received: 1250);
        Is(Arrival.Duplicate, seq: 4, at: 180, received: 1250);
        Is(Arrival.New, seq: 7, at: 360, received: 1360);
        Is(Arrival.Late, seq: 6, at: 300, received: 1370);
        Is(Arrival.New, seq: 8, at: 1100, received: 2100); // past the old time again
        Is(Arrival.New, seq: 0, at: 1200, received: 2200); // and a new numbering is one
    }

    [Fact]
    public void Stored_reports_numbered_when_they_are_sent_come_in_a_burst_and_stay_late()
    {
        Is(Arrival.New, seq: 1, at: 10_000, received: 10_000);
        for (var i = 0; i < 10; i++) Is(Arrival.Late, seq: 2 + i, at: 1000 + (i * 60), received: 10_100 + i);
        Is(Arrival.New, seq: 12, at: 10_060, received: 10_120);
    }

    [Fact]
    public void Without_numbers_a_replay_of_the_journal_is_recognised()
    {
        Is(Arrival.New, seq: 7, at: 10, hasSeq: false);
        Is(Arrival.New, seq: 8, at: 10, hasSeq: false);
        Is(Arrival.Duplicate, seq: 7, at: 10, hasSeq: false);
        Is(Arrival.Overtaken, seq: 9, at: 5, hasSeq: false);
        Is(Arrival.New, seq: 1, at: 11, hasSeq: false);
    }

    [Fact]
    public void The_window_agrees_with_a_set_of_all_that_was_seen() =>
        Gen.Long[0, 800].Array[1, 200].Sample(numbers =>
        {
            SequenceWindow window = default;
            HashSet<long> seen = [];
            foreach (var number in numbers)
            {
                var isPast = seen.Count > 0 && number <= seen.Max() - SequenceWindow.Length;
                if (window.IsPast(number) != isPast || (!isPast && window.Contains(number) != seen.Contains(number))) return false;
                if (isPast) continue;
                window.Mark(number);
                seen.Add(number);
            }
            return true;
        });

    [Fact]
    public void However_reports_are_shuffled_and_repeated_inside_the_window_each_counts_once() =>
        Gen.Shuffle(Enumerable.Range(0, 100).SelectMany(seq => new[] { seq, seq }).ToArray()).Sample(numbers =>
        {
            Arrivals arrivals = default;
            // Time runs with the number, as on a terminal.
            foreach (var seq in numbers) arrivals.Take(Some.Report(seq, seq));
            return (arrivals.Reports, arrivals.SeqSum, arrivals.Duplicates, arrivals.NewestSeq) == (100, 4950, 100, 99);
        });

    private void Is(Arrival expected, long seq, long at, bool hasSeq = true, long received = 0) => Assert.Equal(expected, _arrivals.Take(new()
    {
        Serial = "T1",
        Seq = seq,
        AtMs = at,
        HasSeq = hasSeq,
        ReceivedAtMs = received,
    }));
}
