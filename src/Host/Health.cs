using Fleet.History;
using Fleet.Ingest.Pump;

namespace Fleet.Host;

/// <summary>/health/live: the process answers. /health/ready: it takes messages; says part by part how it stands.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/health/live", () => Results.Json(new { status = "live" })).ExcludeFromDescription();
        app.MapGet("/health/ready", (JournalNode journal, HistoryWriter history, ISiloStatusOracle silos) =>
        {
            var (rows, bytes, unapplied, behind) = journal.State;
            // A time-series database that is away is no reason to send terminals away: its points wait in the journal.
            var committing = journal.Journal.Trouble is null;
            // Before it has joined its cluster nothing answers here at all; later the others may give it up.
            var joined = silos.CurrentStatus == SiloStatus.Active;
            var ready = committing && joined;
            return Results.Json(statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, data: new
            {
                status = !ready ? "unready" : history.Status.Ok ? "ready" : "degraded",
                parts = new
                {
                    cluster = new { ok = joined, silo = silos.CurrentStatus.ToString(), active = silos.GetApproximateSiloStatuses(onlyActive: true).Count },
                    journal = new { ok = committing, detail = journal.Trouble, rows, bytes, unappliedRows = unapplied, historyBehind = behind },
                    history = new { ok = history.Status.Ok, detail = history.Status.Detail, lastRefusal = history.Status.LastRefusal },
                },
            });
        }).ExcludeFromDescription();
    }
}
