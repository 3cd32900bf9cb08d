using Fleet.History;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Pump;

namespace Fleet.Host;

/// <summary>/health/live: the process answers. /health/ready: it takes messages; says part by part how it stands.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/health/live", () => Results.Json(new { status = "live" })).ExcludeFromDescription();
        app.MapGet("/health/ready", (JournalNode journal, HistoryWriter history, Bridges bridges, Tls tls, ISiloStatusOracle silos) =>
        {
            var (rows, bytes, unapplied, behind) = journal.State;
            // A time-series database that is away is no reason to send terminals away: its points wait in the journal.
            var committing = journal.Journal.Trouble is null;
            // Before it has joined its cluster nothing answers here at all; later the others may give it up.
            var joined = silos.CurrentStatus == SiloStatus.Active;
            var ready = committing && joined;
            // Nor is a bridged broker: what its terminals send waits there.
            var whole = history.Status.Ok && tls.Trouble is null && bridges.States.All(bridge => bridge.Ok);
            return Results.Json(statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, data: new
            {
                status = !ready ? "unready" : whole ? "ready" : "degraded",
                parts = new
                {
                    cluster = new { ok = joined, silo = silos.CurrentStatus.ToString(), active = silos.GetApproximateSiloStatuses(onlyActive: true).Count },
                    journal = new { ok = committing, detail = journal.Trouble, rows, bytes, unappliedRows = unapplied, historyBehind = behind },
                    tls = tls.DaysLeft is { } days ? new { ok = tls.Trouble is null, daysLeft = Math.Round(days, 1), detail = tls.Trouble } : null,
                    history = new { ok = history.Status.Ok, detail = history.Status.Detail, lastRefusal = history.Status.LastRefusal },
                    bridges = bridges.States,
                },
            });
        }).ExcludeFromDescription();
    }
}
