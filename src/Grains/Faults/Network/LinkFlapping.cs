using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>link-flapping</c>: its session ends and it comes back, more often an hour than the fleet's norm; gone when that
/// has become rare. Where everyone reconnects at once it is once each, and after a restart of ours not even that.
/// </summary>
internal struct LinkFlapping : ITimedDetector
{
    private Alarm _alarm;

    /// <summary>While raised: when it is rare enough if nothing more happens; 0 otherwise.</summary>
    private long _clearsAtMs;

    public static string Name => "link-flapping";

    public readonly Alarm Alarm => _alarm;

    public readonly long DueAtMs(FaultLimits limits) => _clearsAtMs;

    public void Hear(in Hearing hearing) => Judge(hearing);

    public void Tick(in Hearing hearing) => Judge(hearing);

    private void Judge(in Hearing hearing)
    {
        var limits = hearing.Limits.LinkFlapping;
        ref readonly var reconnects = ref hearing.Learned.Reconnects;
        if (!_alarm.IsRaised)
        {
            if (reconnects.PerHour(hearing.AtMs) < limits.ReconnectsPerHourToRaise) return;
            hearing.Raise(Name, ref _alarm, Evidence(hearing));
        }
        _clearsAtMs = reconnects.FallsToMs(limits.ReconnectsPerHourToClear);
        if (hearing.AtMs < _clearsAtMs) return;
        _clearsAtMs = 0;
        hearing.Clear(Name, ref _alarm, Evidence(hearing));
    }

    private static ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var perHour = new Evidence("reconnectsPerHour", Math.Round(hearing.Learned.Reconnects.PerHour(hearing.AtMs), 1));
        var norm = new Evidence("normPerHour", hearing.Limits.LinkFlapping.ReconnectsPerHourToRaise);
        return hearing.Learned.Last.Link is { } link ? [perHour, norm, new("link", Text: Words.Text(link))] : [perHour, norm];
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _clearsAtMs);
    }
}
