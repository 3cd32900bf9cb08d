using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>reader-fault</c>: one way of reading cards fails more often than this reader usually does, on several cards.
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
internal struct ReaderFault
{
    private const int FailuresThatCountPerCard = 2;
    private const double BoundWithoutCards = 2;

    private Alarm _alarm;
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

    public readonly Alarm Alarm => _alarm;

    public FindingKind? Hear(ReadsGrown grown, long atMs, ReaderLimits limits)
    {
        if (grown.Good + grown.Failed == 0) return null;
        var counted = grown.Cards is { } cards ? Math.Min(grown.Failed, FailuresThatCountPerCard * cards) : grown.Failed;
        if (_evidence == 0) _sinceMs = atMs;
        _good += grown.Good;
        _failed += grown.Failed;
        _counted += counted;
        _cards += grown.Cards ?? grown.Failed;
        _cardsUnknown |= grown.Cards is null;

        var forFault = LogRatio(grown.Good, counted, limits);
        return _alarm.IsRaised ? WhileRaised(forFault, limits) : WhileHealthy(forFault, atMs, limits);
    }

    private FindingKind? WhileHealthy(double forFault, long atMs, ReaderLimits limits)
    {
        _evidence = Math.Max(0, _evidence + forFault);
        if (_evidence == 0)
        {
            _usual.Learn(_counted, _good + _counted, limits);
            Forget();
            return null;
        }
        var bound = Math.Log((1 - limits.Missed) / limits.FalseAlarm) * (_cardsUnknown ? BoundWithoutCards : 1);
        return _evidence >= bound && _cards >= limits.Cards ? _alarm.Raise(atMs) : null;
    }

    private FindingKind? WhileRaised(double forFault, ReaderLimits limits)
    {
        _evidence = Math.Max(0, _evidence - forFault);
        if (_evidence == 0) Forget();
        var bound = Math.Log((1 - limits.FalseAlarm) / limits.Missed);
        return _evidence >= bound && _good >= limits.GoodReadsToClear ? _alarm.Clear() : null;
    }

    /// <summary>To be called once a raised or cleared finding has its evidence: the test then starts from nothing.</summary>
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
        _alarm.Codec(ref codec);
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
