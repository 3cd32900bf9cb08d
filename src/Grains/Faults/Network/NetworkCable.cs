using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>network-cable</c>: a terminal whose usual link is the cable is on another one, or on none, for a hold time that
/// may end without another message; gone when it is wired again. One that is moved to another link for good is told of
/// until that has become usual. Whether the whole site lost its network is not for one terminal to say.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct NetworkCable : ITimedDetector
{
    private HeldAlarm _alarm;

    /// <summary>Share of the readings that were wired, exponentially forgotten.</summary>
    private float _wiredShare;
    private ushort _readings;
    private Link _link;

    public static string Name => "network-cable";

    public readonly Alarm Alarm => _alarm.Alarm;

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.NetworkCable.HoldFor, limits.NetworkCable.ClearFor);

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Signal?.Link is { } link && link != Link.Unknown) Hear(link, hearing);
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    private void Hear(Link link, in Hearing hearing)
    {
        var limits = hearing.Limits.NetworkCable;
        _link = link;
        var isUsual = _readings >= limits.Readings / 2 && _wiredShare >= limits.UsualShare;
        // Once raised, its share falls as long as it goes on: then the other link is the usual one.
        _alarm.See(link != Link.Wired && (isUsual || (_alarm.IsRaised && _wiredShare >= limits.UsualShare / 2)), hearing.AtMs);
        _readings = (ushort)Math.Min(_readings + 1, limits.Readings);
        _wiredShare += ((link == Link.Wired ? 1 : 0) - _wiredShare) / _readings;
    }

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs == 0 || hearing.AtMs < dueAtMs) return;
        ImmutableArray<Evidence> evidence =
            [new("link", Text: Words.Text(_link)), new("usuallyWiredPercent", Math.Round(100 * _wiredShare)), new("sinceSeconds", _alarm.HeldSeconds(hearing.AtMs))];
        _alarm.Turn(Name, hearing, evidence);
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _wiredShare);
        codec.Field(ref _readings);
        Link? link = _link == Link.Unknown ? null : _link;
        codec.Field(ref link);
        _link = link ?? Link.Unknown;
    }
}
