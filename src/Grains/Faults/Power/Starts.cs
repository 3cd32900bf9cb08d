using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>When the terminal last started: by its count of reboots, or by its uptime where it never counted them.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Starts
{
    private bool _countsReboots;
    private uint _uptimeSeconds;
    private Moment _lastAtMs;
    private ushort _shortRuns;

    /// <summary>How often in a row it started after a run that was short.</summary>
    public readonly int ShortRuns => _shortRuns;

    /// <summary>
    /// Whether a report would say that it has started since: of a terminal that sends its sections apart the others do not,
    /// nor which of one moment was written first. One that never said anything of starts runs with every word.
    /// </summary>
    public readonly bool IsToldBy(Report report) => _countsReboots ? report.System?.Reboots is not null : _uptimeSeconds == 0 || report.Heartbeat?.UptimeSeconds is not null;

    /// <summary>Takes in a report; answers how often it started since the one before.</summary>
    /// <param name="shortRunMs">A run shorter than this is short.</param>
    public int Hear(Report report, in Growth growth, long shortRunMs)
    {
        _countsReboots |= report.System?.Reboots is not null;
        var uptime = report.Heartbeat?.UptimeSeconds;
        var started = _countsReboots ? (int)Math.Min(growth.Reboots, 1000) : uptime < _uptimeSeconds ? 1 : 0;
        _uptimeSeconds = (uint)Math.Clamp(uptime ?? _uptimeSeconds, 0, uint.MaxValue);
        if (started > 0) Note(started, report.AtMs, shortRunMs);
        else if (_shortRuns > 0 && IsToldBy(report) && report.AtMs - _lastAtMs >= shortRunMs) _shortRuns = 0;
        return started;
    }

    private void Note(int started, long atMs, long shortRunMs)
    {
        // Several since the last report share the time since then: what a night offline brings is no boot loop.
        var isShort = _lastAtMs != 0 && atMs - _lastAtMs < started * shortRunMs;
        _shortRuns = (ushort)(isShort ? Math.Min(_shortRuns + started, 1000) : 0);
        _lastAtMs = atMs;
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _countsReboots);
        codec.Field(ref _uptimeSeconds);
        codec.Field(ref _lastAtMs);
        codec.Field(ref _shortRuns);
    }
}
