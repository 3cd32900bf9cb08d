using System.Buffers;
using System.Text.Json;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Mqtt;

/// <summary>The result that a terminal publishes for a command: the command's own <c>id</c>, and that it is done.</summary>
internal static class CommandAnswer
{
    public static OutgoingMessage To(string serial, ReadOnlySequence<byte> command, DateTimeOffset at)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("at", at.ToUnixTimeMilliseconds());
            if (IdOf(command) is { } id)
            {
                json.WritePropertyName("id");
                id.WriteTo(json);
            }
            json.WriteString("result", "done");
            json.WriteEndObject();
        }
        return new OutgoingMessage(serial, "result", at, buffer.ToArray());
    }

    private static JsonElement? IdOf(ReadOnlySequence<byte> command)
    {
        try
        {
            using var document = JsonDocument.Parse(command);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("id", out var id) ? id.Clone() : null;
        }
        catch (JsonException)
        {
            return null; // a broker may send anything
        }
    }
}
