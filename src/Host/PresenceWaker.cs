using Fleet.Grains.Presence;

namespace Fleet.Host;

/// <summary>Keeps the presence shards alive: one that has fallen with its silo stands up elsewhere and takes its deadlines from the store.</summary>
internal sealed partial class PresenceWaker(IGrainFactory grains, TimeProvider time, ILogger<PresenceWaker> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        do
        {
            for (var shard = 0; shard < PresenceShards.Count; shard++)
            {
                try { await grains.GetGrain<IPresenceGrain>(shard).Wake(); }
                catch (Exception) when (stoppingToken.IsCancellationRequested) { return; }
                catch (Exception e) { LogNotAwake(e.Message, shard); }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(5101, LogLevel.Warning, "Presence shard {Shard} did not answer: {Message}")]
    private partial void LogNotAwake(string message, int shard);
}
