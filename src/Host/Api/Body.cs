using System.Text.Json;
using Fleet.Alerts;

namespace Fleet.Host.Api;

/// <summary>Reads a request's JSON: a body that is missing is an empty object, one that is wrong is a refusal.</summary>
internal static class Body
{
    private const int MostNoteLength = 2000;

    public static async Task<(T Read, IResult? Refusal)> ReadAsync<T>(HttpRequest request) where T : class, IAct, new()
    {
        if (request.ContentLength == 0 || (request.ContentLength is null && request.ContentType is null)) return (new T(), null);
        // Also keeps web pages out: a browser asks first before it sends JSON to another origin.
        if (!request.HasJsonContentType()) return (new T(), Problems.Of(StatusCodes.Status415UnsupportedMediaType, "The body must be application/json."));
        try
        {
            var read = await JsonSerializer.DeserializeAsync<T>(request.Body, Wire.Json, request.HttpContext.RequestAborted) ?? new T();
            return (read, TooLong(read));
        }
        catch (JsonException e)
        {
            return (new T(), Problems.BadRequest($"The body is not the JSON that is expected here: look at {e.Path ?? "$"}, byte {e.BytePositionInLine} of line {e.LineNumber + 1}."));
        }
    }

    private static IResult? TooLong(IAct act) =>
        act.Note?.Length > MostNoteLength || act.Who?.Length > MostNoteLength ? Problems.BadRequest($"Names and notes have at most {MostNoteLength} characters.") : null;
}

/// <summary>What every act has: who did it, and a word about it.</summary>
internal interface IAct
{
    string? Who { get; }
    string? Note { get; }
}
