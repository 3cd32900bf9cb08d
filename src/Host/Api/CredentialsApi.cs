using System.Text;
using System.Text.Json.Serialization;
using Fleet.Alerts;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;

namespace Fleet.Host.Api;

/// <summary><c>terminals/{serial}/credentials</c>: a terminal's passwords, shown once when they are made.</summary>
internal static class CredentialsApi
{
    /// <param name="Overlap">How long the passwords before stay good, <c>[d.]hh:mm:ss</c>; without it they end at once.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record CredentialBody(string? Overlap = null) : IAct
    {
        public CredentialBody() : this((string?)null) { }

        [JsonIgnore] public string? Who => null;
        [JsonIgnore] public string? Note => null;
    }

    internal sealed record CredentialJson(string Id, string CreatedAt, string? EndsAt);

    internal sealed record NewCredentialJson(string Serial, string Password, IReadOnlyList<CredentialJson> Credentials);

    public static void MapCredentials(this IEndpointRouteBuilder v1)
    {
        var credentials = v1.MapGroup("/terminals/{serial}/credentials").WithTags("terminals").ProducesProblem(StatusCodes.Status404NotFound);
        credentials.MapGet("", ListAsync).WithName("ListCredentials").WithSummary("A terminal's passwords: ids and times, never the passwords").Produces<CredentialJson[]>();
        credentials.MapPost("", MakeAsync).WithName("MakeCredential").WithSummary("Makes a password and shows it this once; those before end at once, or after the overlap")
            .Accepts<CredentialBody>(isOptional: true, "application/json").Produces<NewCredentialJson>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status400BadRequest);
        credentials.MapDelete("", (string serial, CredentialStore store, AccessWatch watch, CancellationToken stop) => RevokeAsync(serial, null, store, watch, stop))
            .WithName("RevokeCredentials").WithSummary("Takes a terminal's passwords away and closes its sessions").Produces(StatusCodes.Status204NoContent);
        credentials.MapDelete("/{id}", RevokeAsync).WithName("RevokeCredential").WithSummary("Takes one password away and closes the sessions that came with it").Produces(StatusCodes.Status204NoContent);
    }

    /// <summary>Null for a serial; the refusal for what is none.</summary>
    internal static IResult? NoSerial(string serial) => Topic.IsSerial(Encoding.UTF8.GetBytes(serial)) ? null : Problems.NotFound($"'{serial}' is no serial.");

    private static async Task<IResult> ListAsync(string serial, CredentialStore store, CancellationToken stop) =>
        NoSerial(serial) ?? Answer.Json(await AllAsync(serial, store, stop));

    private static async Task<IResult> MakeAsync(string serial, HttpRequest request, CredentialStore store, AccessWatch watch)
    {
        if (NoSerial(serial) is { } none) return none;
        var (body, refusal) = await Body.ReadAsync<CredentialBody>(request);
        if (refusal is not null) return refusal;
        var stop = request.HttpContext.RequestAborted;
        if (body.Overlap is not { } text)
            return await ShownAsync(await store.CreateAsync(serial, stop));
        if (Verbs.Span.Written(text) is not { } overlap || overlap < TimeSpan.Zero || overlap > TimeSpan.FromDays(3650))
            return Problems.BadRequest($"overlap is '{text}', but must be a time from 00:00:00 to ten years, written [d.]hh:mm:ss with hours up to 23");
        return await ShownAsync(await store.RotateAsync(serial, overlap, stop));

        async Task<IResult> ShownAsync(string password)
        {
            await watch.LookAsync(stop);
            return TypedResults.Json(new NewCredentialJson(serial, password, await AllAsync(serial, store, stop)), Wire.Json, statusCode: StatusCodes.Status201Created);
        }
    }

    private static async Task<IResult> RevokeAsync(string serial, string? id, CredentialStore store, AccessWatch watch, CancellationToken stop)
    {
        if (NoSerial(serial) is { } none) return none;
        if (!await store.RevokeAsync(serial, id, stop)) return Problems.NotFound(id is null ? $"Terminal '{serial}' has no password." : $"Terminal '{serial}' has no password '{id}'.");
        await watch.LookAsync(stop);
        return Results.NoContent();
    }

    private static async Task<CredentialJson[]> AllAsync(string serial, CredentialStore store, CancellationToken stop) =>
        [.. (await store.ListAsync(serial, stop)).Select(c => new CredentialJson(c.Id, Iso8601.Text(c.CreatedAtMs), c.EndsAtMs is { } ends ? Iso8601.Text(ends) : null))];
}
