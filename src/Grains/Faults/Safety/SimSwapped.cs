using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>sim-swapped</c>: another SIM card is in the terminal. The first one is learned. Told apart from a repair, where
/// the SIM was in trouble for long before; from a terminal with two SIMs, which goes back to the first and is known
/// from then on; and from a modem that reads no ICCID. Gone when the SIM is back, or when the other one has stayed.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct SimSwapped : IDetector
{
    private Alarm _alarm;

    private ulong _own;
    private ushort _ownEnds;

    /// <summary>The one that came, or once it went again the second of a terminal with two; 0 for none.</summary>
    private ulong _other;

    /// <summary>Since when the SIM is in trouble; 0 while it is not.</summary>
    private uint _troubleSinceSeconds;
    private bool _isRepaired;

    public static string Name => "sim-swapped";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Signal is not { } signal) return;
        NoteTrouble(signal.Sim, hearing);
        if (SimCard.Read(signal.Iccid) is not { } sim) return;
        if (_own == 0 || (_isRepaired && sim.Fingerprint != _own)) BeOwn(sim, hearing);
        else if (sim.Fingerprint == _own) End(sim, hearing);
        else if (sim.Fingerprint != _other) Begin(sim, hearing);
        else if (_alarm.IsRaised && hearing.AtMs - _alarm.RaisedAtMs >= hearing.Limits.SimSwapped.AcceptAfter.TotalMilliseconds) BeOwn(sim, hearing);
        _isRepaired = false;
    }

    private void NoteTrouble(SimState? state, in Hearing hearing)
    {
        var atSeconds = (uint)(hearing.AtMs / 1000);
        if (state is SimState.Absent or SimState.Error or SimState.Locked or SimState.Denied)
        {
            if (_troubleSinceSeconds == 0) _troubleSinceSeconds = atSeconds;
        }
        else if (state is SimState.Ready && _troubleSinceSeconds != 0)
        {
            _isRepaired = atSeconds - _troubleSinceSeconds >= hearing.Limits.SimSwapped.RepairAfter.TotalSeconds;
            _troubleSinceSeconds = 0;
        }
    }

    private void Begin(SimCard sim, in Hearing hearing)
    {
        _other = sim.Fingerprint;
        if (_alarm.IsRaised) hearing.Change(Name, _alarm, Evidence(sim, hearing));
        else hearing.Raise(Name, ref _alarm, Evidence(sim, hearing));
    }

    private void End(SimCard sim, in Hearing hearing)
    {
        if (_alarm.IsRaised) hearing.Clear(Name, ref _alarm, Evidence(sim, hearing));
    }

    private void BeOwn(SimCard sim, in Hearing hearing)
    {
        End(sim, hearing);
        (_other, _own, _ownEnds) = (_own, sim.Fingerprint, (ushort)sim.Ends);
    }

    private readonly ImmutableArray<Evidence> Evidence(SimCard sim, in Hearing hearing) =>
    [
        new("iccidEnds", Text: sim.Shown),
        new("usualIccidEnds", Text: new SimCard(_own, _ownEnds).Shown),
        .. hearing.Report.Signal?.Carrier is { } carrier ? [new Evidence("carrier", Text: carrier)] : Array.Empty<Evidence>(),
    ];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _own);
        codec.Field(ref _ownEnds);
        codec.Field(ref _other);
        codec.Field(ref _troubleSinceSeconds);
        codec.Field(ref _isRepaired);
    }
}
