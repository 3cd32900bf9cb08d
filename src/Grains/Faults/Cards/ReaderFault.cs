using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>reader-fault</c>: a way of reading cards fails more often than this reader usually does, on several cards; see
/// <see cref="ReaderTrial"/>. Swipe, chip and tap are judged apart and share one alarm.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ReaderFault : IDetector
{
    [InlineArray(Ways.Count)]
    private struct Trials
    {
        private ReaderTrial _first;
    }

    private SharedAlarm _alarm;
    private Trials _trials;

    public static string Name => "reader-fault";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Growth.WentBack) return;
        var (limits, model) = (hearing.Limits.Reader, hearing.Profile.Model);
        for (var way = 0; way < Ways.Count; way++)
        {
            ref var trial = ref _trials[way];
            ref var usual = ref hearing.Usual.Reads((Way)way);
            if (!trial.Hear(hearing.Growth.Reads((Way)way), ref usual, _alarm.Has(way), hearing.AtMs, limits, model)) continue;
            _alarm.Turn(way, Readers.All, Name, hearing, trial.Evidence(usual.Of(limits, model)));
            trial.Forget();
        }
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        for (var way = 0; way < Ways.Count; way++) _trials[way].Codec(ref codec);
    }
}
