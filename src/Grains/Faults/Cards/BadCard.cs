using System.Runtime.CompilerServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>bad-card</c>: one card fails again and again while others are read well around it, by swipe, chip or tap. Only a
/// terminal that counts the cards among its failed reads can tell. Gone after good reads or a quiet time; a reader's
/// fault, of whichever way, explains it away.
/// </summary>
internal struct BadCard : IDetector
{
    [InlineArray(Ways.Count)]
    private struct Trials
    {
        private CardTrial _first;
    }

    private SharedAlarm _alarm;
    private Trials _trials;

    public static string Name => "bad-card";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        var isReader = hearing.IsRaised<ReaderFault>();
        for (var way = 0; way < Ways.Count; way++)
        {
            ref var trial = ref _trials[way];
            var grown = hearing.Growth.WentBack ? default : hearing.Growth.Reads((Way)way); // time passes all the same
            if (!trial.Hear(grown, _alarm.Has(way), isReader, hearing.Usual.GoodBefore(way, grown), hearing.AtMs, hearing.Limits.BadCard)) continue;
            _alarm.Turn(way, Readers.All, Name, hearing, trial.Evidence());
            if (!_alarm.Has(way)) trial.Forget();
        }
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        for (var way = 0; way < Ways.Count; way++) _trials[way].Codec(ref codec);
    }
}
