using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Alerts;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Mqtt;

namespace Fleet.Host.Api;

/// <summary><c>terminals/{serial}/commands</c>: what a terminal is told to do, and what it answered.</summary>
internal static class CommandsApi
{
    private static readonly TimeSpan s_usualExpiry = TimeSpan.FromDays(1), s_longestExpiry = TimeSpan.FromDays(30);

    private const int MostLevels = 32;

    /// <summary>A writer stops at 64 levels, and an answer adds some of its own.</summary>
    public static readonly JsonDocumentOptions Readable = new() { MaxDepth = MostLevels, AllowDuplicateProperties = false };

    public static void MapCommands(this IEndpointRouteBuilder v1)
    {
        var commands = v1.MapGroup("/terminals/{serial}/commands").WithTags("terminals");
        commands.MapPost("", SendAsync).WithName("SendCommand")
            .WithSummary("Sends a command, a JSON object, at QoS 1; it is kept until the terminal acknowledges it, or for expiresInSeconds (a day)")
            .Accepts<JsonElement>("application/json").Produces<TerminalCommandJson>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        commands.MapGet("", ListAsync).WithName("ListCommands").WithSummary("A terminal's commands, the newest first").Produces<Page<TerminalCommandJson>>().ProducesProblem(StatusCodes.Status400BadRequest);
        commands.MapGet("/{id}", FindAsync).WithName("GetCommand").WithSummary("One command and its result")
            .Produces<TerminalCommandJson>().ProducesProblem(StatusCodes.Status404NotFound);
        commands.MapDelete("/{id}", CancelAsync).WithName("CancelCommand").WithSummary("Takes back a command that waits")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> SendAsync(string serial, JsonElement command, ICommands commands, CancellationToken stop, string? expiresInSeconds = null)
    {
        if (!Topic.IsSerial(Encoding.UTF8.GetBytes(serial))) return Problems.NotFound($"'{serial}' is no serial.");
        if (command.ValueKind != JsonValueKind.Object) return Problems.BadRequest("a command is a JSON object");
        var expiry = s_usualExpiry;
        if (expiresInSeconds is not null)
        {
            if (!int.TryParse(expiresInSeconds, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1 || seconds > s_longestExpiry.TotalSeconds)
                return Problems.BadRequest($"expiresInSeconds is '{expiresInSeconds}'; it must be from 1 to {s_longestExpiry.TotalSeconds}");
            expiry = TimeSpan.FromSeconds(seconds);
        }
        JsonObject content;
        try { content = JsonNode.Parse(command.GetRawText(), documentOptions: Readable)!.AsObject(); }
        catch (JsonException) { return Problems.BadRequest($"a command has at most {MostLevels} levels, and no name twice"); }
        if (content["id"] is null) content["id"] = Guid.CreateVersion7().ToString("n");
        if (content["id"] is not JsonValue value || !value.TryGetValue<string>(out var id) || id.Length is 0 or > 64 || id.Any(char.IsControl))
            return Problems.BadRequest("a command's id is a text of 1 to 64 characters");
        var kept = await commands.SendAsync(serial, id, content.ToJsonString(), expiry, stop);
        return kept is null
            ? Problems.Conflict($"{serial} has another command of the id '{id}', or 100 commands that wait.")
            : Results.Accepted($"/api/v1/terminals/{serial}/commands/{Uri.EscapeDataString(id)}", TerminalCommandJson.Of(kept));
    }

    private static async Task<IResult> ListAsync(string serial, ICommands commands, CancellationToken stop, string? limit = null, string? cursor = null)
    {
        var asked = new Asked();
        var (most, after) = (asked.Limit(limit), asked.Cursor(cursor));
        if (asked.Refusal is { } refusal) return Problems.BadRequest(refusal);
        var found = await commands.ListAsync(serial, most + 1, after is { } last ? (last.AtMs, last.Id) : null, stop); // the one more says that there is a next page
        return Results.Ok(new Page<TerminalCommandJson>(
            [.. found.Take(most).Select(TerminalCommandJson.Of)],
            found.Count > most ? new Cursor(found[most - 1].CreatedAt, found[most - 1].Id).ToString() : null));
    }

    private static async Task<IResult> FindAsync(string serial, string id, ICommands commands, CancellationToken stop) =>
        await commands.FindAsync(serial, id, stop) is { } command ? Results.Ok(TerminalCommandJson.Of(command)) : Problems.NotFound($"{serial} has no command '{id}'.");

    private static async Task<IResult> CancelAsync(string serial, string id, ICommands commands, CancellationToken stop) =>
        await commands.CancelAsync(serial, id, stop) ? Results.NoContent() : Problems.Conflict($"{serial} has no command '{id}' that waits.");
}

/// <summary>A command as the API shows it.</summary>
/// <param name="Result">As JSON where the terminal sent JSON of at most 32 levels without a name twice, as text otherwise; null before it came.</param>
internal sealed record TerminalCommandJson(string Id, string Terminal, JsonNode? Command, CommandState State, string CreatedAt, string ExpiresAt, string? DeliveredAt, JsonNode? Result, string? ResultAt)
{
    public static TerminalCommandJson Of(TerminalCommand command) => new(
        command.Id, command.Serial, JsonNode.Parse(command.Payload), command.State, Iso8601.Text(command.CreatedAt), Iso8601.Text(command.ExpiresAt),
        Iso8601.Text(command.DeliveredAt), Read(command.Result), Iso8601.Text(command.ResultAt));

    private static JsonNode? Read(string? result)
    {
        if (result is null) return null;
        try { return JsonNode.Parse(result, documentOptions: CommandsApi.Readable); }
        catch (JsonException) { return JsonValue.Create(result); }
    }
}
