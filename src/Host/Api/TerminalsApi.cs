using System.Text;
using Fleet.Alerts;
using Fleet.Alerts.Book;
using Fleet.Grains.Terminals;
using Fleet.Store;

namespace Fleet.Host.Api;

/// <summary><c>terminals</c>: those of the registry, and one by serial whether registered or only heard.</summary>
internal static class TerminalsApi
{
    public static void MapTerminals(this IEndpointRouteBuilder v1)
    {
        var list = new TerminalList(v1.ServiceProvider.GetRequiredService<Registry>());
        var terminals = v1.MapGroup("/terminals").WithTags("terminals");
        terminals.MapGet("", (string? site, string? merchant, string? model, string? limit, string? cursor, AlertDesk desk, CancellationToken stop) =>
                ListAsync(list, site, merchant, model, limit, cursor, desk, stop))
            .WithName("ListTerminals").WithSummary("Registered terminals in the order of their serials")
            .Produces<Page<TerminalEntry>>().ProducesProblem(StatusCodes.Status400BadRequest);
        terminals.MapGet("/{serial}", FindAsync).WithName("GetTerminal").WithSummary("One terminal: last report, counts, faults, health")
            .Produces<TerminalJson>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        TerminalList list, string? site, string? merchant, string? model, string? limit, string? cursor, AlertDesk desk, CancellationToken stop)
    {
        var asked = new Asked();
        var (most, after) = (asked.Limit(limit), asked.Cursor(cursor));
        if (asked.Refusal is { } refusal) return Problems.BadRequest(refusal);

        var found = list.After(after?.Id)
            .Where(t => (site is null || t.Site == site) && (merchant is null || t.Merchant == merchant) && (model is null || t.Model == model))
            .Take(most + 1).ToList();
        var page = found.Take(most).ToList();
        var faults = await desk.FaultsOfAsync([.. page.Select(t => t.Serial)], stop);
        return Answer.Json(new Page<TerminalEntry>(
            [.. page.Select(t => TerminalEntry.Of(t, faults[t.Serial]))],
            found.Count > most ? new Cursor(0, page[^1].Serial).ToString() : null));
    }

    private static async Task<IResult> FindAsync(string serial, Registry registry, IGrainFactory grains, AlertDesk desk, TimeProvider time, CancellationToken stop)
    {
        if (!Ingest.Mqtt.Topic.IsSerial(Encoding.UTF8.GetBytes(serial))) return Problems.NotFound($"'{serial}' is no serial.");
        var registered = registry.Find(serial);
        var heard = await grains.GetGrain<ITerminalGrain>(serial).View();
        if (registered is null && heard is null) return Problems.NotFound($"Terminal '{serial}' is not registered and was never heard.");
        var (faults, health) = await desk.ConditionOfAsync(serial, TerminalJson.Foreseen(heard, time.GetUtcNow().ToUnixTimeMilliseconds()), stop);
        return Answer.Json(TerminalJson.Of(serial, registered, heard, faults) with { Health = health });
    }
}
