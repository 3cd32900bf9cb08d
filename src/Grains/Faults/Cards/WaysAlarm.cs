using System.Collections.Immutable;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// One alarm for the three ways of reading cards: raised with the first that has the fault, changed when the next one
/// has it or one has it no more, cleared with the last.
/// </summary>
internal struct WaysAlarm
{
    private Alarm _alarm;
    private byte _ways;

    public readonly Alarm Alarm => _alarm;

    public readonly bool Has(Way way) => (_ways & (1 << (int)way)) != 0;

    /// <param name="figures">What is known of this way; which it is, and which have the fault by now, is added.</param>
    public void Turn(Way way, string fault, in Hearing hearing, ReadOnlySpan<Evidence> figures)
    {
        var had = _ways;
        _ways ^= (byte)(1 << (int)way);
        ImmutableArray<Evidence> evidence = [new("reader", Text: Ways.Text(way)), .. figures, new("readers", Text: Text())];
        if (had == 0) hearing.Raise(fault, ref _alarm, evidence);
        else if (_ways == 0) hearing.Clear(fault, ref _alarm, evidence);
        else hearing.Change(fault, _alarm, evidence);
    }

    private readonly string Text()
    {
        if (_ways == 0) return "none";
        var alarm = this;
        return string.Join(", ", Ways.All.Where(way => alarm.Has(way)).Select(Ways.Text));
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _ways);
    }
}
