using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// One way of reading cards, watched for a card that fails again and again: what happened since its first failure. Where
/// nothing at all could be read of it, the good reads just before count too: a reader that read others a moment ago is
/// not broken, and the customer still stands there. 14 bytes.
/// </summary>
internal struct CardTrial
{
    private uint _failedAtSeconds;
    private Tally _failed, _unreadable, _cards, _good, _goodSinceFailure;

    /// <summary>Takes in what was read; true when the card is there and was not, or is gone. What is known of it stands until <see cref="Forget"/>.</summary>
    /// <param name="isReader">The reader is faulty, which explains every failure.</param>
    /// <param name="goodBefore">How many good reads are known to have come since the failure before.</param>
    public bool Hear(ReadsGrown grown, bool isThere, bool isReader, int goodBefore, long atMs, BadCardLimits limits)
    {
        if (!isThere && IsOver(atMs, limits)) Forget();
        if (grown.Failed == 0 && _failed.Count == 0) return false;
        if (_failed.Count == 0 && grown.Unreadable == grown.Failed) _good.Add(goodBefore);
        Count(grown, atMs);
        if (isThere) return isReader || IsOver(atMs, limits);
        return !isReader && _failed.Count >= limits.Failures && _cards.Count <= 1 && _good.Count >= limits.GoodReads;
    }

    public void Forget() => this = default;

    /// <summary>Whether the last failure is so far back, in reads or in time, that the card is gone.</summary>
    private readonly bool IsOver(long atMs, BadCardLimits limits) =>
        _goodSinceFailure.Count >= limits.GoodReadsToClear || (atMs / 1000) - _failedAtSeconds >= limits.QuietFor.TotalSeconds;

    private void Count(ReadsGrown grown, long atMs)
    {
        _failed.Add(grown.Failed);
        _unreadable.Add(grown.Unreadable);
        _cards.Add(grown.Cards ?? grown.Failed);
        _good.Add(grown.Good);
        if (grown.Failed > 0) (_failedAtSeconds, _goodSinceFailure) = ((uint)(atMs / 1000), default);
        else _goodSinceFailure.Add(grown.Good);
    }

    public readonly Evidence[] Evidence() =>
    [
        new("failed", _failed.Count),
        new("unreadable", _unreadable.Count),
        new("goodReadsAround", _good.Count),
    ];

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _failedAtSeconds);
        _failed.Codec(ref codec);
        _unreadable.Codec(ref codec);
        _cards.Codec(ref codec);
        _good.Codec(ref codec);
        _goodSinceFailure.Codec(ref codec);
    }
}
