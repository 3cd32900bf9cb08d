using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>What one way of reading cards did since the report before.</summary>
/// <param name="Failed">Failed reads, unreadable cards included.</param>
/// <param name="Cards">How many different cards failed; null where the terminal does not count them.</param>
internal readonly record struct ReadsGrown(long Good, long Failed, long? Cards);

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
        var failed = _failed.Grow(reads.Failed) + _unreadable.Grow(reads.Unreadable);
        var cards = _cards.Grow(reads.Cards);
        return new(_ok.Grow(reads.Ok), failed, reads.Cards is null ? null : cards);
    }

    public void Codec(ref StateCodec codec)
    {
        _ok.Codec(ref codec);
        _failed.Codec(ref codec);
        _unreadable.Codec(ref codec);
        _cards.Codec(ref codec);
    }
}
