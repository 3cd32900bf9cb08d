using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// How far the terminal's clock is off: the least of arrival time − report's time over a window of reports, which what
/// was stored and came late does not move. Two windows in a row must agree, so that one wrong stamp is nothing and a
/// clock that was set is believed after half an hour to an hour. 13 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Clock : IPart
{
    private const long WindowMs = 30 * 60_000;
    private const int FewestReports = 3;

    /// <summary>Less is not corrected: it may be the way here.</summary>
    private const long LeastMs = 10_000;

    /// <summary>A correction that moves by less is the way here.</summary>
    private const long LeastMoveMs = 60_000;

    /// <summary>What is kept of a time: a report may be a year late, which in ms no int holds.</summary>
    private const int StepMs = 100;

    private int _least;

    /// <summary>Of the window before; 0 while there was none, too, which corrects nothing.</summary>
    private int _leastBefore;
    private Moment _windowAtMs;
    private byte _reports;

    public static string Name => "clock";

    /// <summary>What must be added to the terminal's time to have ours, ms: above 0 where its clock is behind; 0 while that is not known.</summary>
    public readonly long SkewMs
    {
        get
        {
            if (Math.Sign(_least) != Math.Sign(_leastBefore)) return 0;
            var skewMs = (long)StepMs * (Math.Abs(_least) < Math.Abs(_leastBefore) ? _least : _leastBefore);
            return Math.Abs(skewMs) < LeastMs ? 0 : skewMs;
        }
    }

    /// <returns>Whether its correction is another one from now on: what was timed before and what will be lie on two clocks.</returns>
    public bool Hear(Report report)
    {
        var beforeMs = SkewMs;
        var late = Steps(report.ReceivedAtMs - report.AtMs);
        if (_reports >= FewestReports && report.ReceivedAtMs - _windowAtMs >= WindowMs)
            (_leastBefore, _reports) = (_least, 0);
        if (_reports == 0) (_windowAtMs, _least) = (report.ReceivedAtMs, late);
        _least = Math.Min(_least, late);
        _reports = (byte)Math.Min(_reports + 1, FewestReports);
        return Math.Abs(SkewMs - beforeMs) > LeastMoveMs;
    }

    private static int Steps(long ms) => (int)Math.Clamp(ms / StepMs, -int.MaxValue, int.MaxValue);

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _windowAtMs);
        int reports = _reports;
        var (leastMs, leastBeforeMs, hasBefore) = ((long)StepMs * _least, (long)StepMs * _leastBefore, _leastBefore != 0);
        codec.Field(ref reports);
        codec.Field(ref leastMs);
        codec.Field(ref leastBeforeMs);
        codec.Field(ref hasBefore); // for programs of before
        (_reports, _least, _leastBefore) = ((byte)reports, Steps(leastMs), Steps(leastBeforeMs));
    }
}
