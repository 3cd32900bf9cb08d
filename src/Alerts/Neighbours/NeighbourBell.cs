using Fleet.Grains.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Alerts.Neighbours;

/// <summary>
/// Tells groups what the book has committed about their members, and keeps those awake that have something to watch: one
/// that fell with its silo stands up elsewhere and reads its members from the store.
/// </summary>
internal sealed class NeighbourBell(NeighbourNews news, IGroups groups, GroupFaults faults, TimeProvider time, ILogger<NeighbourBell> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.25);
    private const int BeatsBetweenWakes = 40;
    private const int AtOnce = 64;

    public async Task TellAsync(CancellationToken stop) =>
        await Parallel.ForEachAsync(news.Take(), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (told, _) =>
        {
            try
            {
                var group = groups.Of(told.Group);
                await (told.Changes is { } changes ? group.Hear(changes) : group.Reload());
            }
            catch (Exception e)
            {
                news.NoteMissed(told.Group);
                log.GroupNotTold(told.Group, e.Message);
            }
        });

    public async Task WakeAsync(CancellationToken stop)
    {
        var watching = await faults.WatchingAsync(time.GetUtcNow().ToUnixTimeMilliseconds(), stop);
        await Parallel.ForEachAsync(watching, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (group, _) => await groups.Of(group).Hear([]));
        await groups.Cohorts.Wake();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        for (var beat = 0; await timer.WaitForNextTickAsync(stoppingToken); beat++)
        {
            try
            {
                await TellAsync(stoppingToken);
                if (beat % BeatsBetweenWakes == 0) await WakeAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.GroupsNotAwake(e.Message);
            }
        }
    }
}
