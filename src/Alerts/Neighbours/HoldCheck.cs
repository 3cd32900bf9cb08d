using Dapper;
using Fleet.Alerts.Book;
using Fleet.Alerts.Notify;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Alerts.Neighbours;

/// <summary>Once a second: tells of alerts that have waited long enough for their neighbours, or that outlive their cause.</summary>
internal sealed class HoldCheck(Database database, Ledger ledger, Incidents incidents, Deliveries deliveries, TimeProvider time, ILogger<HoldCheck> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private const int MostAtOnce = 500;

    /// <summary>How many were released, or joined to a cause after all.</summary>
    public async Task<int> LookAsync(CancellationToken stop)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        // Looked first without a writer's lock: mostly there is nothing.
        await using (var look = await Transaction.BeginReadAsync(database, stop))
            if (await look.FirstAsync<long?>("select min(until_at) from alert_holds") is not { } firstMs || firstMs > nowMs) return 0;
        await using var transaction = await Transaction.BeginAsync(database, stop);
        var due = (await transaction.QueryAsync<AlertRow>(
            $"select {AlertRow.Columns} from alert_holds d join alerts a on a.id = d.alert where d.until_at <= @nowMs order by d.until_at, a.id limit @MostAtOnce",
            new { nowMs, MostAtOnce })).AsList();
        if (due.Count == 0) return 0;
        foreach (var alert in due)
        {
            // Whose version has changed meanwhile is looked at again in a second.
            if (await incidents.CauseAsync(transaction, alert) is { } cause)
                await ledger.ChangeAsync(transaction, alert, alert.ToJoined(cause) with { Version = alert.Version + 1 }, new(AlertChange.Joined, nowMs, Note: cause.Incident), nowMs);
            // It had a cause, and its shop has closed since.
            else if (alert.Incident is not null && Holding.OpensMs(name => EvidenceJson.Number(alert.Evidence, name), nowMs) is var opensMs && opensMs > nowMs)
                await Incidents.WaitAsync(transaction, alert, opensMs);
            else
                await ledger.ChangeAsync(transaction, alert, alert.ToReleased(), new(AlertChange.Released, nowMs), nowMs);
        }
        await transaction.CommitAsync();
        deliveries.Wake();
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                while (await LookAsync(stoppingToken) == MostAtOnce) { }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.HoldCheckFailed(Period, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
