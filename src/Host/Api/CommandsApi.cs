using System.Text;
using System.Text.Json;
using Fleet.Ingest.Mqtt;

namespace Fleet.Host.Api;

/// <summary><c>terminals/{serial}/commands</c>: what a terminal is told to do.</summary>
internal static class CommandsApi
{
    public static void MapCommands(this IEndpointRouteBuilder v1) => v1
        .MapPost("/terminals/{serial}/commands", SendAsync).WithTags("terminals").WithName("SendCommand")
        .WithSummary("Publishes a command on the terminal's command topic at QoS 1; the body is the command, a JSON object")
        .Accepts<JsonElement>("application/json").Produces(StatusCodes.Status202Accepted)
        .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> SendAsync(string serial, JsonElement command, ICommands commands, CancellationToken stop)
    {
        if (!Topic.IsSerial(Encoding.UTF8.GetBytes(serial))) return Problems.NotFound($"'{serial}' is no serial.");
        if (command.ValueKind != JsonValueKind.Object) return Problems.BadRequest("a command is a JSON object");
        return await commands.SendAsync(serial, JsonSerializer.SerializeToUtf8Bytes(command), stop)
            ? Results.Accepted()
            : Problems.Of(StatusCodes.Status409Conflict, $"No session of {serial} is known on this node.");
    }
}
