using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>What several that may have one fault are called: in evidence one, all that have it, and each of at most eight.</summary>
internal sealed record Members(string One, string All, params string[] Names);

/// <summary>
/// One alarm for several members that may each have the fault, such as the ways of reading cards: raised with the first
/// that has it, changed when the next one has it or one has it no more, cleared with the last. 7 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct SharedAlarm
{
    private Alarm _alarm;
    private byte _having;

    public readonly Alarm Alarm => _alarm;

    public readonly bool Has(int member) => (_having & (1 << member)) != 0;

    /// <param name="figures">What is known of this member; which it is, and which have the fault by now, is added.</param>
    public void Turn(int member, Members members, string fault, in Hearing hearing, ReadOnlySpan<Evidence> figures)
    {
        var had = _having;
        _having ^= (byte)(1 << member);
        ImmutableArray<Evidence> evidence = [new(members.One, Text: members.Names[member]), .. figures, new(members.All, Text: Text(members))];
        if (had == 0) hearing.Raise(fault, ref _alarm, evidence);
        else if (_having == 0) hearing.Clear(fault, ref _alarm, evidence);
        else hearing.Change(fault, _alarm, evidence);
    }

    private readonly string Text(Members members)
    {
        if (_having == 0) return "none";
        var alarm = this;
        return string.Join(", ", members.Names.Where((_, member) => alarm.Has(member)));
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _having);
    }
}
