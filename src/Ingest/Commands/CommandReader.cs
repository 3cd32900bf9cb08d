using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Fleet.Grains.Reports;

namespace Fleet.Ingest.Commands;

/// <summary>Reads a command as somebody gives it, over HTTP or MQTT: a JSON object that has an identifier, or gets one.</summary>
public static class CommandReader
{
    public const int MostBytes = 64 * 1024, MostLevels = 32, MostIdCharacters = 64;

    /// <summary>A writer stops at 64 levels, and an answer of the API adds some of its own.</summary>
    public static readonly JsonDocumentOptions Readable = new() { MaxDepth = MostLevels, AllowDuplicateProperties = false };

    /// <param name="correlation">The identifier, where the object has none (MQTT 5, 3.3.2.3.6); one that cannot be is passed over.</param>
    /// <param name="payload">What goes to the terminal: as it was given, where it has an identifier.</param>
    /// <returns><see cref="Refusal.None"/> where it is a command; <see cref="Refusal.WrongType"/> speaks of the identifier.</returns>
    public static Refusal Read(ReadOnlySpan<byte> given, byte[]? correlation, out string id, out string payload)
    {
        (id, payload) = ("", "");
        if (given.Length > MostBytes) return Refusal.TooLarge;
        if (CardNumbers.Found(given)) return Refusal.CardNumber;
        if (!Utf8.IsValid(given)) return Refusal.NotJson;
        try
        {
            if (JsonNode.Parse(given, documentOptions: Readable) is not JsonObject command) return Refusal.NotJson;
            if (command["id"] is { } named)
            {
                if (named is not JsonValue value || !value.TryGetValue(out id!) || !IsId(id)) return Refusal.WrongType;
                _ = command.ToJsonString(); // it is read as it is written
                payload = Encoding.UTF8.GetString(given);
                return Refusal.None;
            }
            id = Text(correlation) is { } text && IsId(text) ? text : Guid.CreateVersion7().ToString("n");
            command["id"] = id;
            payload = command.ToJsonString();
            return Refusal.None;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return Refusal.NotJson; } // half a surrogate pair is InvalidOperation
    }

    private static bool IsId(string text) => text.Length is > 0 and <= MostIdCharacters && !text.Any(char.IsControl);

    private static string? Text(byte[]? bytes) => bytes is not null && Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
}
