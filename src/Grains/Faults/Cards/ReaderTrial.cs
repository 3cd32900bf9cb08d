using System.Collections.Immutable;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The test of one way of reading cards: does it fail more often than it usually does?
/// <para>
/// A sequential probability ratio test (Wald, Annals of Mathematical Statistics 16, 1945) of the reader's usual failed
/// share p0 against a fault's share p1, begun anew whenever it is sure of p0: Page's CUSUM (Biometrika 41, 1954). A
/// reader that keeps to p0 crosses the bound ln((1 − β)/α) less than once in 1/α reads (Lorden 1971), and one that
/// fails every read crosses it after 6. Once raised the same test runs the other way.
/// </para>
/// <para>
/// The test needs independent reads, and tries of one card are not: more than two failures of a card count as two.
/// Where the terminal does not count cards, each failure is taken for a card of its own against twice the bound.
/// </para>
/// </summary>
internal struct ReaderTrial
{
    private const int FailuresThatCountPerCard = 2;
    private const double BoundWithoutCards = 2;

    private UsualShare _usual;

    /// <summary>Log likelihood ratio for the fault, or while it is raised, against it.</summary>
    private double _evidence;

    // What the evidence is made of, since it was last zero.
    private long _sinceMs;
    private long _good;
    private long _failed;
    private long _counted;
    private long _cards;
    private bool _cardsUnknown;

    /// <summary>Takes in what was read; true when it is sure of the opposite of <paramref name="isFaulty"/>. The evidence of that stands until <see cref="Forget"/>.</summary>
    public bool Hear(ReadsGrown grown, bool isFaulty, long atMs, ReaderLimits limits)
    {
        if (grown.Good + grown.Failed == 0) return false;
        var forFault = LogRatio(grown.Good, Count(grown, atMs), limits);
        return isFaulty ? IsHealthyAgain(forFault, limits) : IsFaulty(forFault, limits);
    }

    private long Count(ReadsGrown grown, long atMs)
    {
        var counted = grown.Cards is { } cards ? Math.Min(grown.Failed, FailuresThatCountPerCard * cards) : grown.Failed;
        if (_evidence == 0) _sinceMs = atMs;
        _good += grown.Good;
        _failed += grown.Failed;
        _counted += counted;
        _cards += grown.Cards ?? grown.Failed;
        _cardsUnknown |= grown.Cards is null;
        return counted;
    }

    private bool IsFaulty(double forFault, ReaderLimits limits)
    {
        _evidence = Math.Max(0, _evidence + forFault);
        if (_evidence == 0)
        {
            _usual.Learn(_counted, _good + _counted, limits);
            Forget();
            return false;
        }
        var bound = Math.Log((1 - limits.Missed) / limits.FalseAlarm) * (_cardsUnknown ? BoundWithoutCards : 1);
        return _evidence >= bound && _cards >= limits.Cards;
    }

    private bool IsHealthyAgain(double forFault, ReaderLimits limits)
    {
        _evidence = Math.Max(0, _evidence - forFault);
        if (_evidence == 0) Forget();
        var bound = Math.Log((1 - limits.FalseAlarm) / limits.Missed);
        return _evidence >= bound && _good >= limits.GoodReadsToClear;
    }

    /// <summary>The test starts from nothing; what is usual stays known.</summary>
    public void Forget() => (_evidence, _sinceMs, _good, _failed, _counted, _cards, _cardsUnknown) = (0, 0, 0, 0, 0, 0, false);

    private readonly double LogRatio(long good, long failed, ReaderLimits limits)
    {
        var usual = _usual.Of(limits);
        var fault = Math.Max(limits.FaultShare, limits.FaultRatio * usual);
        return (failed * Math.Log(fault / usual)) + (good * Math.Log((1 - fault) / (1 - usual)));
    }

    public readonly ImmutableArray<Evidence> Evidence(string reader, ReaderLimits limits) =>
    [
        new("reader", Text: reader),
        new("failed", _failed),
        new("reads", _good + _failed),
        new("cards", _cardsUnknown ? null : _cards, _cardsUnknown ? "not counted" : null),
        new("sinceMs", _sinceMs),
        new("usualPercent", Math.Round(100 * _usual.Of(limits), 1)),
    ];

    public void Codec(ref StateCodec codec)
    {
        _usual.Codec(ref codec);
        codec.Field(ref _evidence);
        codec.Field(ref _sinceMs);
        codec.Field(ref _good);
        codec.Field(ref _failed);
        codec.Field(ref _counted);
        codec.Field(ref _cards);
        codec.Field(ref _cardsUnknown);
    }
}
