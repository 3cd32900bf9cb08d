using System.Collections.Immutable;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>bad-card</c>: one card fails again and again while others are read well around it. Only a terminal that counts
/// the cards among its failed reads can tell. Gone after good reads or a quiet time; a reader's fault explains it away.
/// </summary>
internal struct BadCard : IDetector
{
    private Alarm _alarm;

    // What happened since the first of the failures.
    private long _failed;
    private long _unreadable;
    private long _cards;
    private long _good;
    private long _goodSinceFailure;
    private long _failedAtMs;

    public static string Name => "bad-card";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var (grown, limits) = (hearing.Growth.Swipe, hearing.Limits.BadCard);
        if (!_alarm.IsRaised && IsOver(hearing.AtMs, limits)) Forget();
        if (grown.Failed == 0 && _failed == 0) return;
        Count(grown, hearing.AtMs);
        var isReader = hearing.IsRaised<ReaderFault>();
        if (_alarm.IsRaised)
        {
            if (!IsOver(hearing.AtMs, limits) && !isReader) return;
            hearing.Clear(Name, ref _alarm, Evidence("swipe"));
            Forget();
            return;
        }
        var isOneCard = _failed >= limits.Failures && _cards <= 1;
        if (isOneCard && _good >= limits.GoodReads && !isReader) hearing.Raise(Name, ref _alarm, Evidence("swipe"));
    }

    private void Forget() => (_failed, _unreadable, _cards, _good, _goodSinceFailure, _failedAtMs) = (0, 0, 0, 0, 0, 0);

    /// <summary>Whether the last failure is so far back, in reads or in time, that the card is gone.</summary>
    private readonly bool IsOver(long atMs, BadCardLimits limits) =>
        _goodSinceFailure >= limits.GoodReadsToClear || atMs - _failedAtMs >= limits.QuietFor.TotalMilliseconds;

    private void Count(ReadsGrown grown, long atMs)
    {
        _failed += grown.Failed;
        _unreadable += grown.Unreadable;
        _cards += grown.Cards ?? grown.Failed;
        _good += grown.Good;
        if (grown.Failed > 0) (_failedAtMs, _goodSinceFailure) = (atMs, 0);
        else _goodSinceFailure += grown.Good;
    }

    private readonly ImmutableArray<Evidence> Evidence(string reader) =>
    [
        new("reader", Text: reader),
        new("failed", _failed),
        new("unreadable", _unreadable),
        new("goodReadsAround", _good),
    ];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _failed);
        codec.Field(ref _unreadable);
        codec.Field(ref _cards);
        codec.Field(ref _good);
        codec.Field(ref _goodSinceFailure);
        codec.Field(ref _failedAtMs);
    }
}
