using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>reader-dirty</c>: over days a way of reading cards fails more than it did over the last weeks, and less than a
/// faulty reader does: it wants cleaning. Judged once a day (UTC); see <see cref="WearTrial"/>. Gives way to
/// <see cref="ReaderFault"/>: what is read while that is raised says nothing of dirt.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ReaderDirty : IDetector
{
    private const long DayMs = 24 * 60 * 60 * 1000;

    [InlineArray(Ways.Count)]
    private struct Trials
    {
        private WearTrial _first;
    }

    private SharedAlarm _alarm;
    private ushort _day;
    private Trials _trials;

    public static string Name => "reader-dirty";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        var isFault = hearing.IsRaised<ReaderFault>();
        var (ended, day) = ((int)_day, (ushort)(hearing.AtMs / DayMs));
        _day = Math.Max(_day, day);
        for (var way = 0; way < Ways.Count; way++)
        {
            ref var trial = ref _trials[way];
            var isOver = isFault ? _alarm.Has(way) : ended < day && trial.EndDay(ended, _alarm.Has(way), hearing.Limits, hearing.Profile.Model);
            if (isOver) _alarm.Turn(way, Readers.All, Name, hearing, trial.Evidence(ended, hearing.Limits.Reader));
            if (isOver || isFault) trial.Forget();
            if (!isFault && !hearing.Growth.WentBack) trial.Count(hearing.Growth.Reads((Way)way));
        }
    }

    /// <summary>When the first way of reading will be dirty if it goes on as it does; since when it is, where it is; else null.</summary>
    public readonly Forecast? Due(FaultLimits limits)
    {
        if (_alarm.Alarm is { IsRaised: true, RaisedAtMs: var atMs }) return new(atMs, atMs, atMs);
        Forecast? first = null;
        for (var way = 0; way < Ways.Count; way++)
        {
            if (_trials[way].UntilDirty(_day, limits.ReaderDirty) is (var days, var spread) && !(first?.AtMs <= After(days)))
                first = new(After(days), After(days / (1 + spread)), After(days / (1 - spread)));
        }
        return first;
    }

    /// <summary>From the day's beginning, for up to then it was judged.</summary>
    private readonly long After(double days) => (_day * DayMs) + (long)(days * DayMs);

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _day);
        for (var way = 0; way < Ways.Count; way++) _trials[way].Codec(ref codec);
    }
}
