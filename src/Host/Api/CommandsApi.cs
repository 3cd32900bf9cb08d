using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Alerts;
using Fleet.Grains.Reports;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Mqtt;

namespace Fleet.Host.Api;

/// <summary><c>terminals/{serial}/commands</c>: what a terminal is told to do, and what it answered.</summary>
internal static class CommandsApi
{
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
        var expiry = ICommands.UsualExpiry;
        if (expiresInSeconds is not null)
        {
            if (!int.TryParse(expiresInSeconds, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < 1 || seconds > ICommands.LongestExpiry.TotalSeconds)
                return Problems.BadRequest($"expiresInSeconds is '{expiresInSeconds}'; it must be from 1 to {ICommands.LongestExpiry.TotalSeconds}");
            expiry = TimeSpan.FromSeconds(seconds);
        }
        var refusal = CommandReader.Read(Encoding.UTF8.GetBytes(command.GetRawText()), null, out var id, out var payload);
        if (refusal != Refusal.None)
        {
            return Problems.BadRequest(refusal switch
            {
                Refusal.WrongType => $"a command's id is a text of 1 to {CommandReader.MostIdCharacters} characters",
                Refusal.CardNumber => "the command holds something like a payment card number",
                _ => $"a command has at most {CommandReader.MostLevels} levels, and no name twice",
            });
        }
        var kept = await commands.SendAsync(serial, id, payload, expiry, stop);
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
        try
        {
            var read = JsonNode.Parse(result, documentOptions: CommandReader.Readable);
            _ = read?.ToJsonString(); // half a surrogate pair is found when it is written
            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return JsonValue.Create(result); }
    }
}
