using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>The cumulative counters of one way of reading cards: swipe, chip or tap.</summary>
internal struct ReadCounters
{
    private Counter _ok, _failed, _unreadable, _cards;

    public ReadsGrown Grow(Reads? reads, ref bool wentBack)
    {
        if (reads is null) return default;
        var unreadable = _unreadable.Grow(reads.Unreadable, out var unreadableBack);
        // Unreadable reads are among the failed ones; a terminal that counts only them still has them counted.
        var failed = Math.Max(_failed.Grow(reads.Failed, out var failedBack), unreadable);
        var cards = _cards.Grow(reads.Cards, out var cardsBack);
        var ok = _ok.Grow(reads.Ok, out var okBack);
        wentBack |= unreadableBack || failedBack || cardsBack || okBack;
        return new(ok, failed, reads.Cards is null ? null : cards, unreadable);
    }

    public void Codec(ref StateCodec codec)
    {
        _ok.Codec(ref codec);
        _failed.Codec(ref codec);
        _unreadable.Codec(ref codec);
        _cards.Codec(ref codec);
    }
}
