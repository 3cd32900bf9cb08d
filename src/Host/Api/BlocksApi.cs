using System.Text.Json.Serialization;
using Fleet.Alerts;
using Fleet.Ingest.Credentials;
using Fleet.Store;

namespace Fleet.Host.Api;

/// <summary><c>terminals/{serial}/block</c>, <c>terminals/{serial}/unblock</c> and <c>blocked-terminals</c>.</summary>
internal static class BlocksApi
{
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record BlockBody(string? Reason = null) : IAct
    {
        public BlockBody() : this((string?)null) { }

        [JsonIgnore] public string? Who => null;
        [JsonIgnore] public string? Note => Reason;
    }

    internal sealed record BlockJson(string Serial, string? Reason, string BlockedAt);

    public static void MapBlocks(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/blocked-terminals", async (Blocks blocks, CancellationToken stop) => Answer.Json((await blocks.ListAsync(stop)).Select(Json).ToList()))
            .WithTags("terminals").WithName("ListBlockedTerminals").WithSummary("Terminals that may not connect").Produces<BlockJson[]>();
        v1.MapPost("/terminals/{serial}/block", BlockAsync).WithTags("terminals").WithName("BlockTerminal").WithSummary("Refuses a terminal from now on and closes its sessions")
            .Accepts<BlockBody>(isOptional: true, "application/json").Produces<BlockJson>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapPost("/terminals/{serial}/unblock", UnblockAsync).WithTags("terminals").WithName("UnblockTerminal").WithSummary("Lets a blocked terminal in again and clears its alert")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> BlockAsync(string serial, HttpRequest request, Blocks blocks, AccessWatch watch)
    {
        if (CredentialsApi.NoSerial(serial) is { } none) return none;
        var (body, refusal) = await Body.ReadAsync<BlockBody>(request);
        if (refusal is not null) return refusal;
        var stop = request.HttpContext.RequestAborted;
        await blocks.BlockAsync(serial, body.Reason, stop);
        await watch.LookAsync(stop);
        return await blocks.FindAsync(serial, stop) is { } block ? Answer.Json(Json(block)) : Problems.Conflict($"Terminal '{serial}' was unblocked meanwhile.");
    }

    private static async Task<IResult> UnblockAsync(string serial, Blocks blocks, AccessWatch watch, CancellationToken stop)
    {
        if (CredentialsApi.NoSerial(serial) is { } none) return none;
        if (!await blocks.UnblockAsync(serial, stop)) return Problems.NotFound($"Terminal '{serial}' is not blocked.");
        await watch.LookAsync(stop);
        return Results.NoContent();
    }

    private static BlockJson Json(Block block) => new(block.Serial, block.Reason, Iso8601.Text(block.AtMs));
}
