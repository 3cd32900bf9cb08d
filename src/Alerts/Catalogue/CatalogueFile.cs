using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Alerts.Catalogue;

/// <summary>The rows of one catalogue file as JSON, before they are checked: an object of faults, each an object of fields.</summary>
internal sealed class CatalogueFile
{
    private static readonly JsonDocumentOptions Form = new()
    {
        AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false,
    };

    private readonly string _path;
    private readonly OrderedDictionary<string, JsonObject> _faults = [];

    private CatalogueFile(string path, JsonObject root)
    {
        _path = path;
        foreach (var (code, row) in root)
            _faults[code] = row as JsonObject ?? throw new CatalogueException($"{path}: fault '{code}' must be an object, but is {Shown(row)}");
    }

    public static CatalogueFile Open(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return JsonNode.Parse(file, documentOptions: Form) is JsonObject root
                ? new(path, root)
                : throw new CatalogueException($"{path}: a catalogue is one JSON object of faults");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CatalogueException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>These rows with single fields replaced. A language alone replaces that language: <c>"title": {"en": "…"}</c> keeps the Chinese.</summary>
    public CatalogueFile OverriddenBy(CatalogueFile overrides)
    {
        foreach (var (code, fields) in overrides._faults)
        {
            if (!_faults.TryGetValue(code, out var row))
                throw new CatalogueException($"{overrides._path}: fault '{code}' is not in {_path}; known are {string.Join(", ", _faults.Keys)}");
            foreach (var (field, value) in fields)
            {
                if (!CatalogueRow.Fields.Contains(field)) throw CatalogueRow.UnknownField(overrides._path, code, field, value);
                Replace(row, field, value);
            }
            // The merged row is checked at once, so that the error names the file that brought the value.
            new CatalogueRow(overrides._path, code, row).Read();
        }
        return this;
    }

    public ImmutableArray<Fault> Read() => [.. _faults.Select(f => new CatalogueRow(_path, f.Key, f.Value).Read())];

    internal static string Shown(JsonNode? value) => value?.ToJsonString(Readable) ?? "null";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One language or part alone replaces that alone.</summary>
    internal static void Replace(JsonObject row, string field, JsonNode? value)
    {
        if (value is JsonObject parts && row[field] is JsonObject old)
            foreach (var (name, part) in parts) old[name] = part?.DeepClone();
        else
            row[field] = value?.DeepClone();
    }
}
