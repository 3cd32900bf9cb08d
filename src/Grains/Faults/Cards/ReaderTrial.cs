using System.Runtime.InteropServices;
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
/// Where the terminal does not count cards, each failure is taken for a card of its own against twice the bound. 17 bytes; what is usual it is given.
/// </para>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ReaderTrial
{
    private const double BoundWithoutCards = 2;

    /// <summary>Log likelihood ratio for the fault, or while it is raised, against it.</summary>
    private float _evidence;

    // What the evidence is made of, since it was last zero.
    private uint _sinceSeconds;
    private Tally _good, _failed, _counted, _cards;
    private bool _cardsUnknown;

    /// <summary>Takes in what was read; true when it is sure of the opposite of <paramref name="isFaulty"/>. The evidence of that stands until <see cref="Forget"/>.</summary>
    public bool Hear(ReadsGrown grown, ref UsualShare usual, bool isFaulty, long atMs, ReaderLimits limits, string? model = null)
    {
        if (grown.Good + grown.Failed == 0) return false;
        Count(grown, atMs);
        var forFault = LogRatio(grown.Good, grown.Counted, usual.Of(limits, model), limits);
        return isFaulty ? IsHealthyAgain(forFault, limits) : IsFaulty(forFault, ref usual, limits, model);
    }

    private void Count(ReadsGrown grown, long atMs)
    {
        if (_evidence == 0) _sinceSeconds = (uint)(atMs / 1000);
        _good.Add(grown.Good);
        _failed.Add(grown.Failed);
        _counted.Add(grown.Counted);
        _cards.Add(grown.Cards ?? grown.Failed);
        _cardsUnknown |= grown.Cards is null;
    }

    private bool IsFaulty(double forFault, ref UsualShare usual, ReaderLimits limits, string? model)
    {
        _evidence = (float)Math.Max(0, _evidence + forFault);
        if (_evidence == 0)
        {
            usual.Learn(_counted.Count, _good.Count + _counted.Count, limits, model);
            Forget();
            return false;
        }
        var bound = Math.Log((1 - limits.Missed) / limits.FalseAlarm) * (_cardsUnknown ? BoundWithoutCards : 1);
        // Between a usual share and a fault's lies a dirty reader's, which wanders across the bound: it is for another detector.
        return _evidence >= bound && _cards.Count >= limits.Cards && _counted.Count >= limits.FaultShare * (_good.Count + _counted.Count);
    }

    private bool IsHealthyAgain(double forFault, ReaderLimits limits)
    {
        _evidence = (float)Math.Max(0, _evidence - forFault);
        if (_evidence == 0) Forget();
        var bound = Math.Log((1 - limits.FalseAlarm) / limits.Missed);
        return _evidence >= bound && _good.Count >= limits.GoodReadsToClear;
    }

    /// <summary>The test starts from nothing; what is usual stays known.</summary>
    public void Forget() => this = default;

    private static double LogRatio(long good, long failed, double usual, ReaderLimits limits)
    {
        var fault = Math.Max(limits.FaultShare, limits.FaultRatio * usual);
        return (failed * Math.Log(fault / usual)) + (good * Math.Log((1 - fault) / (1 - usual)));
    }

    public readonly Evidence[] Evidence(double usual) =>
    [
        new("failed", _failed.Count),
        new("reads", _good.Count + _failed.Count),
        new("cards", _cardsUnknown ? null : _cards.Count, _cardsUnknown ? "not counted" : null),
        new("sinceMs", _sinceSeconds * 1000d),
        new("usualPercent", Math.Round(100 * usual, 1)),
    ];

    public void Codec(ref StateCodec codec)
    {
        codec.Former(2 * sizeof(float)); // what was usual
        codec.Field(ref _evidence);
        codec.Field(ref _sinceSeconds);
        _good.Codec(ref codec);
        _failed.Codec(ref codec);
        _counted.Codec(ref codec);
        _cards.Codec(ref codec);
        codec.Field(ref _cardsUnknown);
    }
}
