using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>sim-fault</c>: the SIM is absent, in error, locked, or refused by the network, for a hold time that may end
/// without another message; gone when it is ready for a while. A slot that never held a SIM at work is merely empty.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct SimFault : ITimedDetector
{
    private HeldAlarm _alarm;

    /// <summary>As last told; Unknown for never.</summary>
    private SimState _sim;
    private bool _hasWorked;

    public static string Name => "sim-fault";

    public readonly Alarm Alarm => _alarm.Alarm;

    public static bool IsBad(SimState? sim) => sim is SimState.Absent or SimState.Error or SimState.Locked or SimState.Denied;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Signal is { } signal) Hear(signal, hearing);
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.SimFault.HoldFor, limits.SimFault.ClearFor);

    private void Hear(Signal signal, in Hearing hearing)
    {
        _hasWorked |= signal.Link == Link.Cellular || signal.Sim == SimState.Ready;
        if (signal.Sim is not { } sim || sim == SimState.Unknown) return;
        var before = _sim;
        _sim = sim;
        _alarm.See(IsBad(sim) && (_hasWorked || sim != SimState.Absent), hearing.AtMs);
        if (_alarm.IsRaised && IsBad(sim) && sim != before) hearing.Change(Name, _alarm.Alarm, Evidence(hearing));
    }

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs != 0 && hearing.AtMs >= dueAtMs) _alarm.Turn(Name, hearing, Evidence(hearing));
    }

    private readonly ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("sim", Text: Words.Text(_sim)));
        if (_alarm.HeldSeconds(hearing.AtMs) is > 0 and var held) evidence.Add(new("sinceSeconds", held));
        if (hearing.Report.Signal?.Iccid is { } iccid) evidence.Add(new("iccid", Text: iccid));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        SimState? sim = _sim == SimState.Unknown ? null : _sim;
        codec.Field(ref sim);
        _sim = sim ?? SimState.Unknown;
        codec.Field(ref _hasWorked);
    }
}
