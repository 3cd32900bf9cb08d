using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// How far the terminal's clock is off: the least of arrival time − report's time over a window of reports, which what
/// was stored and came late does not move. Two windows in a row must agree, so that one wrong stamp is nothing and a
/// clock that was set is believed after half an hour to an hour.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct Clock : IPart
{
    private const long WindowMs = 30 * 60_000;
    private const int FewestReports = 3;

    /// <summary>Less is not corrected: it may be the way here.</summary>
    private const long LeastMs = 10_000;

    /// <summary>A correction that moves by less is the way here.</summary>
    private const long LeastMoveMs = 60_000;

    private long _leastMs;
    private long _leastBeforeMs;
    private Moment _windowAtMs;
    private ushort _reports;
    private bool _hasBefore;

    public static string Name => "clock";

    /// <summary>What must be added to the terminal's time to have ours, ms: above 0 where its clock is behind; 0 while that is not known.</summary>
    public readonly long SkewMs
    {
        get
        {
            if (!_hasBefore || Math.Sign(_leastMs) != Math.Sign(_leastBeforeMs)) return 0;
            var skewMs = Math.Abs(_leastMs) < Math.Abs(_leastBeforeMs) ? _leastMs : _leastBeforeMs;
            return Math.Abs(skewMs) < LeastMs ? 0 : skewMs;
        }
    }

    /// <returns>Whether its correction is another one from now on: what was timed before and what will be lie on two clocks.</returns>
    public bool Hear(Report report)
    {
        var beforeMs = SkewMs;
        var lateMs = report.ReceivedAtMs - report.AtMs;
        if (_reports >= FewestReports && report.ReceivedAtMs - _windowAtMs >= WindowMs)
            (_leastBeforeMs, _hasBefore, _reports) = (_leastMs, true, 0);
        if (_reports == 0) (_windowAtMs, _leastMs) = (report.ReceivedAtMs, lateMs);
        _leastMs = Math.Min(_leastMs, lateMs);
        _reports = (ushort)Math.Min(_reports + 1, FewestReports);
        return Math.Abs(SkewMs - beforeMs) > LeastMoveMs;
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _windowAtMs);
        codec.Field(ref _reports);
        codec.Field(ref _leastMs);
        codec.Field(ref _leastBeforeMs);
        codec.Field(ref _hasBefore);
    }
}
