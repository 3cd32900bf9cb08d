using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>offline</c>: nothing heard for several of the terminal's own intervals, or for one after its session ended.
/// A deadline outside the hours in which the terminal usually trades waits for the next opening: it may be switched off
/// on purpose. The presence shards watch the clock; that a deadline passed comes as an input, so that a replay finds the same.
/// The fault is raised at the deadline itself, whenever the shard came to say so.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct Offline : IDetector
{
    private Alarm _alarm;
    private long _heardAtMs;

    /// <summary>When the session ended, where nothing was heard since; 0 otherwise.</summary>
    private Moment _endedAtMs;
    private int _intervalSeconds;

    public static string Name => "offline";

    internal const string LastHeard = "lastHeardAtMs", MayBeOffFrom = "mayBeOffFromMs", MayBeOffUntil = "mayBeOffUntilMs";

    public readonly Alarm Alarm => _alarm;

    /// <summary>When it was last heard, Unix ms; 0 for never.</summary>
    public readonly long HeardAtMs => _heardAtMs;

    /// <summary>When silence becomes the fault; 0 where it was never heard or already is.</summary>
    public readonly long SilentAtMs(OfflineLimits limits, in TradingHours hours, TerminalProfile profile)
    {
        if (_heardAtMs == 0 || _alarm.IsRaised) return 0;
        // Hours are known by the hour: a shop that closes at half past switches off in one that counts as open.
        var (atMs, marginMs) = (DeadlineMs(limits), (long)limits.TradingMargin.TotalMilliseconds);
        var opensAtMs = hours.OffUntilMs(atMs, marginMs, profile);
        return opensAtMs == 0 ? atMs : opensAtMs + Math.Max(marginMs, IntervalMs(limits));
    }

    /// <summary>How much silence is too much while it trades, ms; 0 where it was never heard or is known to be silent.</summary>
    public readonly long SilentAfterMs(OfflineLimits limits) => _heardAtMs == 0 || _alarm.IsRaised ? 0 : DeadlineMs(limits) - _heardAtMs;

    /// <summary>Between two of its reports, as it names it, or as usual.</summary>
    public readonly int IntervalSeconds(OfflineLimits limits) => (int)(IntervalMs(limits) / 1000);

    /// <summary>The terminal may name its own interval.</summary>
    public void Hear(in Hearing hearing) => _intervalSeconds = hearing.Report.Heartbeat?.IntervalSeconds ?? _intervalSeconds;

    /// <summary>Anything was heard of it: any report, a session that begins. The hearing's time is the arrival's.</summary>
    public void HearAnything(in Hearing hearing)
    {
        var heardBeforeMs = _heardAtMs;
        _heardAtMs = Math.Max(_heardAtMs, hearing.AtMs);
        if (hearing.AtMs >= _endedAtMs) _endedAtMs = 0;
        if (_alarm.IsRaised && hearing.AtMs > _alarm.RaisedAtMs)
            hearing.Clear(Name, ref _alarm, Evidence(heardBeforeMs, hearing.AtMs, hearing.Limits.Offline));
    }

    /// <summary>A session newer than the one that ended has begun, be its time before that end: two nodes' clocks.</summary>
    public void BeginSession() => _endedAtMs = 0;

    public void EndSession(long atMs)
    {
        if (atMs >= _heardAtMs) _endedAtMs = atMs;
    }

    /// <summary>
    /// A shard's word that nothing was heard since a time; false where it knows less than is known here: the terminal was
    /// heard in the meantime.
    /// </summary>
    public bool HearNothing(long sinceMs)
    {
        if (sinceMs == 0 || sinceMs < _heardAtMs) return false;
        _heardAtMs = sinceMs;
        return true;
    }

    /// <summary>Time has passed in silence. <see cref="NoStart"/> explains it where it is raised.</summary>
    public void Tick(in Hearing hearing)
    {
        // A shard may not know yet that the terminal now takes longer; it asks again at the deadline.
        var deadlineMs = hearing.Silence.FaultAtMs;
        if (deadlineMs != 0 && hearing.AtMs >= deadlineMs)
            hearing.Raise(Name, ref _alarm, deadlineMs, [.. Evidence(_heardAtMs, hearing.AtMs, hearing.Limits.Offline), .. hearing.UsualTakings(deadlineMs), .. NextNight(hearing)]);
    }

    /// <summary>From when to when it may be switched off on purpose next: whoever tells of it later cannot know its hours.</summary>
    private readonly ImmutableArray<Evidence> NextNight(in Hearing hearing)
    {
        var (hours, limits) = (hearing.Learned.Hours, hearing.Limits.Offline);
        var (closingMs, marginMs) = (hours.NextClosingMs(hearing.AtMs), (long)limits.TradingMargin.TotalMilliseconds);
        return closingMs == 0 ? [] : [new(MayBeOffFrom, closingMs - marginMs), new(MayBeOffUntil, hours.NextOpeningMs(closingMs) + Math.Max(marginMs, IntervalMs(limits)))];
    }

    private readonly ImmutableArray<Evidence> Evidence(long heardAtMs, long atMs, OfflineLimits limits) =>
    [
        new(LastHeard, heardAtMs),
        new("silentSeconds", (atMs - heardAtMs) / 1000),
        new("intervalSeconds", IntervalMs(limits) / 1000),
        new("session", Text: _endedAtMs > 0 ? "ended" : "not ended"),
    ];

    private readonly long DeadlineMs(OfflineLimits limits)
    {
        var (intervalMs, shortestMs) = (IntervalMs(limits), (long)limits.Shortest.TotalMilliseconds);
        var afterSilence = _heardAtMs + Math.Max(limits.Intervals * intervalMs, shortestMs);
        if (_endedAtMs == 0) return afterSilence;
        var afterSession = _endedAtMs + Math.Max(intervalMs, shortestMs);
        return Math.Min(afterSilence, afterSession);
    }

    private readonly long IntervalMs(OfflineLimits limits) =>
        _intervalSeconds > 0 ? _intervalSeconds * 1000L : (long)limits.UsualInterval.TotalMilliseconds;

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _heardAtMs);
        codec.Field(ref _endedAtMs);
        codec.Field(ref _intervalSeconds);
    }
}
