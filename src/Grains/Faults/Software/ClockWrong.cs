using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>clock-wrong</c>: the terminal's clock is off, by what is learned of it over half an hour and more; reports that
/// were stored and come late are no sign of it.
/// </summary>
internal struct ClockWrong : IDetector
{
    private Alarm _alarm;

    public static string Name => "clock-wrong";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var (limits, skewMs) = (hearing.Limits.ClockWrong, hearing.Learned.Clock.SkewMs);
        var offMs = Math.Abs(skewMs);
        if (_alarm.IsRaised ? offMs > limits.OffToClear.TotalMilliseconds : offMs < limits.OffToRaise.TotalMilliseconds) return;
        if (_alarm.IsRaised) hearing.Clear(Name, ref _alarm, [new("offSeconds", offMs / 1000)]);
        else hearing.Raise(Name, ref _alarm, [new("offSeconds", offMs / 1000), new("clock", Text: skewMs > 0 ? "behind" : "ahead")]);
    }

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
