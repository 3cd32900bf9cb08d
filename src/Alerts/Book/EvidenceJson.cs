using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Fleet.Grains;

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

    /// <summary>A number of what <see cref="Write"/> wrote; 0 where there is none of that name.</summary>
    public static double Number(string? evidence, string name)
    {
        if (evidence?.Contains(name, StringComparison.Ordinal) != true) return 0;
        using var json = JsonDocument.Parse(evidence);
        return json.RootElement.TryGetProperty(name, out var piece) && piece.ValueKind == JsonValueKind.Number ? piece.GetDouble() : 0;
    }

    /// <summary>A text of what <see cref="Write"/> wrote; null where there is none of that name.</summary>
    public static string? Text(string? evidence, string name)
    {
        if (evidence is null) return null;
        using var json = JsonDocument.Parse(evidence);
        return json.RootElement.TryGetProperty(name, out var piece) && piece.ValueKind == JsonValueKind.String ? piece.GetString() : null;
    }
}
