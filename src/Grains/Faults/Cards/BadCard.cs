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

    /// <summary>More good reads before a failure are not counted: of each way two bits.</summary>
    private const int MostGoodBefore = 3;

    private SharedAlarm _alarm;
    private Trials _trials;
    private byte _goodBefore;

    public static string Name => "bad-card";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        var isReader = hearing.IsRaised<ReaderFault>();
        for (var way = 0; way < Ways.Count; way++)
        {
            ref var trial = ref _trials[way];
            var grown = hearing.Growth.WentBack ? default : hearing.Growth.Reads((Way)way); // time passes all the same
            if (!trial.Hear(grown, _alarm.Has(way), isReader, GoodBefore(way, grown), hearing.AtMs, hearing.Limits.BadCard)) continue;
            _alarm.Turn(way, Readers.All, Name, hearing, trial.Evidence());
            if (!_alarm.Has(way)) trial.Forget();
        }
    }

    /// <summary>How many good reads came before this report since the last failure; those of this report are counted for the next.</summary>
    private int GoodBefore(int way, ReadsGrown grown)
    {
        var (shift, before) = (2 * way, (_goodBefore >> (2 * way)) & MostGoodBefore);
        var now = grown.Failed > 0 ? 0 : Math.Min(MostGoodBefore, before + grown.Good);
        _goodBefore = (byte)((_goodBefore & ~(MostGoodBefore << shift)) | ((int)now << shift));
        return before;
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        for (var way = 0; way < Ways.Count; way++) _trials[way].Codec(ref codec);
        codec.Field(ref _goodBefore);
    }
}
