using Fleet.Alerts.Notify;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Dispatch;

/// <summary>Once in a while: opens tickets for alerts that have stood long enough, forgets old deliveries, counts what stands.</summary>
internal sealed class VisitCheck(Database database, Outbox outbox, IOptions<AlertsOptions> options, TimeProvider time, ILogger<VisitCheck> log) : BackgroundService
{
    public async Task LookAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await using (var transaction = await Transaction.BeginAsync(database, stop))
        {
            await Tickets.OpenDueAsync(transaction, now.ToUnixTimeMilliseconds());
            await transaction.CommitAsync();
        }
        await outbox.ForgetAsync((now - options.Value.Outbox.Keep).ToUnixTimeMilliseconds(), stop);
        await CountAsync(stop);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.VisitCheck, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.VisitCheckFailed(options.Value.VisitCheck, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task CountAsync(CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginReadAsync(database, stop);
        AlertsMeter.Counted(new(
            await transaction.FirstAsync<long>("select count(*) from alerts where state <> 'cleared'"),
            await transaction.FirstAsync<long>("select count(*) from outbox where state = 'pending'")));
    }
}
