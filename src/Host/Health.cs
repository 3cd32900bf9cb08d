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
            // Before a silo has joined its cluster nothing answers here at all; later it may be given up by the others.
            var joined = silos.CurrentStatus == SiloStatus.Active;
            var (bytes, unapplied, behind) = journal.State;
            // A time-series database that is away is no reason to send terminals away: its points wait in the journal.
            return Results.Json(new
            {
                status = !joined ? "not ready" : history.Status.Ok ? "ready" : "degraded",
                parts = new
                {
                    cluster = new { ok = joined, silo = silos.CurrentStatus.ToString(), active = silos.GetApproximateSiloStatuses(onlyActive: true).Count },
                    journal = new { ok = true, bytes, unappliedRows = unapplied, historyBehind = behind },
                    history = new { ok = history.Status.Ok, detail = history.Status.Detail, lastRefusal = history.Status.LastRefusal },
                },
            }, statusCode: joined ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        }).ExcludeFromDescription();
    }
}
