using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Fleet.Grains;
using Fleet.Grains.Neighbours;

namespace Fleet.Alerts.Book;

/// <summary>Evidence as a JSON object by name. Never fails: numbers that JSON cannot hold are left out, of a name given twice the first counts.</summary>
internal static class EvidenceJson
{
    public static string Write(ImmutableArray<Evidence> evidence)
    {
        if (evidence.IsDefaultOrEmpty) return "{}";
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var piece in evidence.DistinctBy(e => e.Name))
            {
                if (piece.Number is { } number && double.IsFinite(number)) json.WriteNumber(piece.Name, number);
                else if (piece.Text is { } text) json.WriteString(piece.Name, text);
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Since when a terminal is silent, where this is evidence of that, Unix ms; else 0.</summary>
    public static long LastHeardAtMs(string? evidence)
    {
        if (evidence?.Contains(GroupKind.LastHeard, StringComparison.Ordinal) != true) return 0;
        using var json = JsonDocument.Parse(evidence);
        return json.RootElement.TryGetProperty(GroupKind.LastHeard, out var piece) && piece.TryGetInt64(out var atMs) ? atMs : 0;
    }

    /// <summary>A text of what <see cref="Write"/> wrote; null where there is none of that name.</summary>
    public static string? Text(string? evidence, string name)
    {
        if (evidence is null) return null;
        using var json = JsonDocument.Parse(evidence);
        return json.RootElement.TryGetProperty(name, out var piece) && piece.ValueKind == JsonValueKind.String ? piece.GetString() : null;
    }
}
