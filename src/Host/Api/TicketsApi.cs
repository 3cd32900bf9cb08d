using System.Text.Json.Serialization;
using Fleet.Alerts;
using Fleet.Alerts.Dispatch;

namespace Fleet.Host.Api;

/// <summary><c>tickets</c>: the visits of field engineers.</summary>
internal static class TicketsApi
{
    /// <summary>The body of an act, all of it optional; a version makes the act fail if somebody has changed the ticket since.</summary>
    internal sealed record TicketActBody(string? Engineer = null, string? Note = null, long? Version = null) : IAct
    {
        public TicketActBody() : this(null, null, null) { }

        [JsonIgnore] public string? Who => Engineer;
    }

    public static void MapTickets(this IEndpointRouteBuilder v1)
    {
        var tickets = v1.MapGroup("/tickets").WithTags("tickets").ProducesProblem(StatusCodes.Status400BadRequest);
        tickets.MapGet("", ListAsync).WithName("ListTickets").WithSummary("Tickets, newest first").Produces<Page<TicketView>>();
        tickets.MapGet("/{id}", FindAsync).WithName("GetTicket").WithSummary("One ticket with all an engineer needs")
            .Produces<TicketView>().ProducesProblem(StatusCodes.Status404NotFound);
        MapAct(tickets, TicketVerb.Accept, "An engineer takes it");
        MapAct(tickets, TicketVerb.Travel, "The engineer is on the way");
        MapAct(tickets, TicketVerb.Arrive, "The engineer is there");
        MapAct(tickets, TicketVerb.Resolve, "It is done");
        MapAct(tickets, TicketVerb.Reject, "It will not be done");
    }

    private static void MapAct(RouteGroupBuilder tickets, TicketVerb verb, string summary) => tickets
        .MapPost($"/{{id}}/{verb.Name()}", (string id, HttpRequest request, TicketDesk desk) => ActAsync(verb, id, request, desk))
        .WithName($"{verb}Ticket").WithSummary(summary).Accepts<TicketActBody>(isOptional: true, "application/json")
        .Produces<TicketView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> ListAsync(
        string? state, string? terminal, string? limit, string? cursor, HttpRequest request, TicketDesk desk, CancellationToken stop)
    {
        var asked = new Asked();
        var query = new TicketQuery(asked.OneOf<TicketState>("state", state), terminal);
        var (most, after) = (asked.Limit(limit), asked.Cursor(cursor));
        return asked.Refusal is { } refusal
            ? Problems.BadRequest(refusal)
            : Answer.Json(await desk.ListAsync(query, most, after, Answer.Language(request), stop));
    }

    private static async Task<IResult> FindAsync(string id, HttpRequest request, TicketDesk desk, CancellationToken stop) =>
        await desk.FindAsync(id, Answer.Language(request), stop) is { } ticket ? Answer.Json(ticket) : NotFound(id);

    private static async Task<IResult> ActAsync(TicketVerb verb, string id, HttpRequest request, TicketDesk desk)
    {
        var (body, refusal) = await Body.ReadAsync<TicketActBody>(request);
        if (refusal is not null) return refusal;
        var act = await desk.ActAsync(id, new(verb, body.Engineer, body.Note, body.Version), Answer.Language(request), request.HttpContext.RequestAborted);
        return Answer.Of(act, () => NotFound(id));
    }

    private static IResult NotFound(string id) => Problems.NotFound($"There is no ticket '{id}'.");
}
