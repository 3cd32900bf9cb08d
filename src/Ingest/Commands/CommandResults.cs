using System.Text;
using System.Text.Json;
using Fleet.Ingest.Journal;

namespace Fleet.Ingest.Commands;

/// <summary>
/// Answers to commands in the journal: the length of the correlation data (1 byte), the correlation data, the payload.
/// Which command it answers says the payload's own <c>id</c>, or else the correlation data (MQTT 5, 3.3.2.3.6).
/// </summary>
internal static class CommandResults
{
    /// <param name="correlation">Left out where it is longer than an identifier can be.</param>
    public static byte[] Write(byte[]? correlation, ReadOnlySpan<byte> payload)
    {
        if (correlation is null || correlation.Length > byte.MaxValue) correlation = [];
        return [(byte)correlation.Length, .. correlation, .. payload];
    }

    public static bool IsWhole(ReadOnlySpan<byte> written) => written.Length > 0 && written.Length > written[0];

    public static CommandResult Read(in Entry entry)
    {
        var payloadAt = 1 + entry.Payload[0];
        var correlation = entry.Payload[1..payloadAt];
        var payload = entry.Payload[payloadAt..];
        var id = IdOf(payload) ?? (correlation.IsEmpty ? null : Encoding.UTF8.GetString(correlation));
        // PostgreSQL's text has no U+0000, and a result need not be text at all.
        return new(Encoding.ASCII.GetString(entry.Serial), id?.Replace('\0', ' '), Encoding.UTF8.GetString(payload).Replace('\0', ' '), entry.ReceivedAtMs);
    }

    private static string? IdOf(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("id"u8);
                if (!reader.Read()) return null;
                if (isId) return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { } // none of ours to judge
        return null;
    }
}
