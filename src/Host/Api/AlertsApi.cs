using System.Text.Json.Serialization;
using Fleet.Alerts;
using Fleet.Alerts.Book;

namespace Fleet.Host.Api;

/// <summary><c>alerts</c>: what is wrong, newest first, and what people do about it.</summary>
internal static class AlertsApi
{
    /// <summary>The body of an act; all of it optional but a comment's note and a silence's until.</summary>
    internal sealed record AlertActBody(string? By = null, string? Note = null, DateTimeOffset? Until = null) : IAct
    {
        public AlertActBody() : this(null, null, null) { }

        [JsonIgnore] public string? Who => By;
    }

    public static void MapAlerts(this IEndpointRouteBuilder v1)
    {
        var alerts = v1.MapGroup("/alerts").WithTags("alerts").ProducesProblem(StatusCodes.Status400BadRequest);
        alerts.MapGet("", ListAsync).WithName("ListAlerts").WithSummary("Alerts, newest first").Produces<Page<AlertView>>();
        alerts.MapGet("/{id}", FindAsync).WithName("GetAlert").WithSummary("One alert with its texts, comments and history")
            .Produces<AlertDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        MapAct(alerts, AlertVerb.Acknowledge, "Says that somebody has seen it");
        MapAct(alerts, AlertVerb.Silence, "Tells nobody and sends nobody until a time");
        MapAct(alerts, AlertVerb.Comment, "Adds a note");
        MapAct(alerts, AlertVerb.Clear, "Clears it by hand");
    }

    private static void MapAct(RouteGroupBuilder alerts, AlertVerb verb, string summary) => alerts
        .MapPost($"/{{id}}/{verb.Name()}", (string id, HttpRequest request, AlertDesk desk, TimeProvider time) => ActAsync(verb, id, request, desk, time))
        .WithName($"{verb}Alert").WithSummary(summary).Accepts<AlertActBody>(isOptional: true, "application/json")
        .Produces<AlertDetail>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> ListAsync(
        string? state, string? terminal, string? fault, string? site, string? limit, string? cursor, AlertDesk desk, CancellationToken stop)
    {
        var asked = new Asked();
        var query = new AlertQuery(asked.OneOf<AlertState>("state", state), terminal, fault, site);
        var (most, after) = (asked.Limit(limit), asked.Cursor(cursor));
        return asked.Refusal is { } refusal ? Problems.BadRequest(refusal) : Answer.Json(await desk.ListAsync(query, most, after, stop));
    }

    private static async Task<IResult> FindAsync(string id, HttpRequest request, AlertDesk desk, CancellationToken stop) =>
        await desk.FindAsync(id, Answer.Language(request), stop) is { } alert ? Answer.Json(alert) : NotFound(id);

    private static async Task<IResult> ActAsync(AlertVerb verb, string id, HttpRequest request, AlertDesk desk, TimeProvider time)
    {
        var (body, refusal) = await Body.ReadAsync<AlertActBody>(request);
        if (refusal is not null) return refusal;
        if (verb is AlertVerb.Comment && string.IsNullOrWhiteSpace(body.Note)) return Problems.BadRequest("A comment needs a 'note'.");
        if (verb is AlertVerb.Silence && !(body.Until > time.GetUtcNow())) return Problems.BadRequest("A silence needs an 'until' in the future, ISO 8601.");
        var act = await desk.ActAsync(id, new(verb, body.By, body.Note, body.Until), Answer.Language(request), request.HttpContext.RequestAborted);
        return Answer.Of(act, () => NotFound(id));
    }

    private static IResult NotFound(string id) => Problems.NotFound($"There is no alert '{id}'.");
}
