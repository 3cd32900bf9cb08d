using Fleet.Ingest.Mqtt;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Credentials;

/// <summary>
/// Follows what changes the rights of sessions that live: passwords, tokens and blocks that any process changes, and
/// what ends by its own date. Within a second each session that is no longer covered is closed.
/// </summary>
internal sealed partial class AccessWatch(
    Database database, Standings standings, Admission admission, BlockedAttempts attempts, Blocks blocks, Tls tls, TimeProvider time, ILogger<AccessWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _seen;
    private bool _mayBeLifted = true, _isBehind;

    /// <summary>Who changed in the last round: a session judged just before and opened just after is caught in this one.</summary>
    private IReadOnlyCollection<string> _again = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _seen = await AccessChanges.LastAsync(database, cancellationToken);
        await standings.KeepAllAsync(cancellationToken);
        tls.Changed += () => admission.Close(access => access.Certificate is { } shown && !tls.StillTrusts(shown));
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    /// <summary>Looks at once, for whoever has just changed something in this process.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            var at = time.GetTimestamp();
            var (last, changed) = await AccessChanges.SinceAsync(database, _seen, stop);
            if (changed is null) await CloseAllAsync(last - _seen, stop);
            else await CloseAsync(changed, stop);
            _seen = last;
            standings.Followed(at);
            if (_mayBeLifted) await ClearLiftedAsync(stop);
        }
        finally { _turn.Release(); }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
                if (_isBehind) LogCaughtUp();
                _isBehind = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_isBehind) LogBehind(e.Message);
                _isBehind = true;
            }
        }
    }

    private async Task CloseAsync(IReadOnlyCollection<string> changed, CancellationToken stop)
    {
        HashSet<string> news = [.. changed, .. admission.Ended()];
        HashSet<string> names = [.. news, .. _again];
        if (names.Count == 0) return;
        standings.Forget(names);
        var generation = standings.Generation;
        var now = await standings.ReadAsync(names, stop);
        foreach (var (name, standing) in now)
        {
            standings.Keep(name, standing);
            foreach (var secret in standing.Secrets) admission.Remember(name, secret.EndsAtMs);
        }
        // Who was judged after this reading may have come with something newer.
        admission.Close(access => access.Generation < generation && access.Name is { } name && now.TryGetValue(name, out var standing) && !access.IsCoveredBy(standing, time.GetUtcNow()));
        (_again, _mayBeLifted) = (news, _mayBeLifted || news.Count > 0);
    }

    /// <summary>Too many changes were missed to know whose: everybody must show again what he comes with.</summary>
    private async Task CloseAllAsync(long missed, CancellationToken stop)
    {
        LogMissed(missed);
        standings.Forget(null);
        await standings.KeepAllAsync(stop);
        admission.Close(access => access.Name is not null);
    }

    private async Task ClearLiftedAsync(CancellationToken stop)
    {
        foreach (var lifted in await blocks.LiftedAsync(stop))
        {
            await attempts.ClearAsync(lifted, stop);
            await blocks.ForgetAsync(lifted, stop);
        }
        _mayBeLifted = false;
    }

    [LoggerMessage(1620, LogLevel.Error, "Changes of credentials cannot be read, so revocations wait: {Message}")]
    private partial void LogBehind(string message);

    [LoggerMessage(1621, LogLevel.Information, "Changes of credentials are read again")]
    private partial void LogCaughtUp();

    [LoggerMessage(1622, LogLevel.Warning, "{Missed} changes of credentials were missed while this process stood still; every session with a name is closed")]
    private partial void LogMissed(long missed);
}
