using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>What one way of reading cards did since the report before.</summary>
/// <param name="Failed">Failed reads, those of unreadable cards included.</param>
/// <param name="Cards">How many different cards failed; null where the terminal does not count them.</param>
/// <param name="Unreadable">Failed reads of cards that gave nothing at all, which is how a damaged card looks.</param>
internal readonly record struct ReadsGrown(long Good, long Failed, long? Cards, long Unreadable = 0);

/// <summary>The cumulative counters of one way of reading cards: swipe, chip or tap.</summary>
internal struct ReadCounters
{
    private Counter _ok;
    private Counter _failed;
    private Counter _unreadable;
    private Counter _cards;

    public ReadsGrown Grow(Reads? reads)
    {
        if (reads is null) return default;
        var unreadable = _unreadable.Grow(reads.Unreadable);
        // Unreadable reads are among the failed ones; a terminal that counts only them still has them counted.
        var failed = Math.Max(_failed.Grow(reads.Failed), unreadable);
        var cards = _cards.Grow(reads.Cards);
        return new(_ok.Grow(reads.Ok), failed, reads.Cards is null ? null : cards, unreadable);
    }

    public void Codec(ref StateCodec codec)
    {
        _ok.Codec(ref codec);
        _failed.Codec(ref codec);
        _unreadable.Codec(ref codec);
        _cards.Codec(ref codec);
    }
}
