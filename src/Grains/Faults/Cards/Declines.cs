using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>declines</c>: hosts decline payments with one code (ISO 8583 field 39) more than they usually do here: funds
/// (51), wrong PIN (55), limit (61), PIN tries (75), issuer down (91); see <see cref="DeclineTrial"/>. A declined card
/// was read, so this is never the reader's fault, and what a reader cannot read is no payment here. A terminal that
/// does not count approvals is not judged: nobody can say of what the declines are a share. It ends with a count of
/// payments, not with time: that none is declined where none is made says nothing.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Declines : IDetector
{
    public const int Codes = 5;

    [InlineArray(Codes)]
    private struct Trials
    {
        private DeclineTrial _first;
    }

    private static readonly Members s_codes = new("code", "codes", "51", "55", "61", "75", "91");

    private SharedAlarm _alarm;
    private Trials _trials;

    public static string Name => "declines";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Payment?.Approved is null || hearing.Growth.WentBack) return;
        var (limits, grown) = (hearing.Limits.Declines, hearing.Growth.Declines);
        var payments = hearing.Growth.Approved + grown.All;
        ReadOnlySpan<long> declined = [grown.Funds, grown.WrongPin, grown.Limit, grown.PinTries, grown.IssuerDown];
        for (var code = 0; code < Codes; code++)
        {
            ref var trial = ref _trials[code];
            ref var usual = ref hearing.Usual.Declines[code];
            if (!trial.Hear(declined[code], payments, ref usual, _alarm.Has(code), hearing.AtMs, limits)) continue;
            _alarm.Turn(code, s_codes, Name, hearing, trial.Evidence(isSpike: !_alarm.Has(code), usual, limits));
            trial.Forget(hearing.AtMs);
        }
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        for (var code = 0; code < Codes; code++) _trials[code].Codec(ref codec);
    }
}
