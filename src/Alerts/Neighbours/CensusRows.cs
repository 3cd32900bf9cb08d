using Dapper;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Alerts.Neighbours;

/// <summary>
/// Keeps the census in the store: read whole before anything is heard, written behind in batches, only what has changed;
/// of a cluster each process reads what the others wrote. What a crash loses the terminals say again.
/// </summary>
internal sealed class CensusRows(Database database, Census census, TimeProvider time, ILogger<CensusRows> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private const int MostInBatch = 2000;

    /// <summary>A row becomes visible after the moment it bears: its transaction commits later, and clocks of a cluster differ.</summary>
    private const long OverlapMs = 60_000;

    private readonly string _node = Guid.NewGuid().ToString("n");
    private long _readToMs;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Writes what is left; the terminals are heard no more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try { await WriteAsync(cancellationToken); }
        catch (Exception e) { log.CensusNotKept(Period, e); }
    }

    public async Task WriteAsync(CancellationToken stop)
    {
        while (census.TakeChanged(MostInBatch) is { Count: > 0 } changed)
        {
            try { await WriteAsync(changed, stop); }
            catch
            {
                census.GiveBack(changed);
                throw;
            }
        }
    }

    /// <summary>The first time all there is, later what others wrote since.</summary>
    public async Task ReadAsync(CancellationToken stop)
    {
        var nowMs = NowMs;
        await using var connection = await database.OpenAsync(stop);
        await using var rows = await connection.ExecuteReaderAsync(new CommandDefinition(
            "select serial, app, app_since, firmware, firmware_since, cell, lacks, mains_lost_at from census where changed_at >= @fromMs and node <> @_node",
            new { fromMs = _readToMs - OverlapMs, _node }, cancellationToken: stop));
        while (await rows.ReadAsync(stop))
            census.Put(new(rows.GetString(0), Text(1), rows.GetInt64(2), Text(3), rows.GetInt64(4), Text(5), (Without)rows.GetInt64(6), rows.GetInt64(7)), nowMs);
        _readToMs = nowMs;

        string? Text(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await WriteAsync(stoppingToken);
                if (database.IsPostgres) await ReadAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.CensusNotKept(Period, e);
            }
        }
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task WriteAsync(IReadOnlyList<Said> changed, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginAsync(database, stop);
        var nowMs = NowMs;
        // Ordered, so that two processes with rows in common wait for each other instead of blocking each other for good.
        await transaction.ExecuteAsync(
            """
            insert into census (serial, app, app_since, firmware, firmware_since, cell, lacks, mains_lost_at, node, changed_at)
            values (@Serial, @App, @AppSinceMs, @Firmware, @FirmwareSinceMs, @Cell, @lacks, @MainsLostAtMs, @_node, @nowMs)
            on conflict (serial) do update set app = excluded.app, app_since = excluded.app_since, firmware = excluded.firmware,
              firmware_since = excluded.firmware_since, cell = excluded.cell, lacks = excluded.lacks, mains_lost_at = excluded.mains_lost_at,
              node = excluded.node, changed_at = excluded.changed_at
            """,
            changed.OrderBy(said => said.Serial, StringComparer.Ordinal)
                .Select(said => new { said.Serial, said.App, said.AppSinceMs, said.Firmware, said.FirmwareSinceMs, said.Cell, lacks = (long)said.Without, said.MainsLostAtMs, _node, nowMs }));
        await transaction.CommitAsync();
    }
}
