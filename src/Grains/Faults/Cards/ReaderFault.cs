using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>reader-fault</c>: one way of reading cards fails more often than this reader usually does, on several cards; see <see cref="ReaderTrial"/>.</summary>
internal struct ReaderFault : IDetector
{
    private Alarm _alarm;
    private ReaderTrial _swipe;

    public static string Name => "reader-fault";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var limits = hearing.Limits.Reader;
        if (!_swipe.Hear(hearing.Growth.Swipe, _alarm.IsRaised, hearing.AtMs, limits)) return;
        if (_alarm.IsRaised) hearing.Clear(Name, ref _alarm, _swipe.Evidence("swipe", limits));
        else hearing.Raise(Name, ref _alarm, _swipe.Evidence("swipe", limits));
        _swipe.Forget();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        _swipe.Codec(ref codec);
    }
}
