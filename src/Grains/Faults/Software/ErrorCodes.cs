using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fleet.Grains.Reports;

namespace Fleet.Grains.Faults;

/// <summary>What a vendor's code means.</summary>
/// <param name="Fault">The fault of the catalogue that it is; <c>error-code</c> where support must look, <c>none</c> for no fault.</param>
/// <param name="Says">The same in the words of a report, whose detector then finds that fault; null where no field of a report says it. See <see cref="SaidByCodes"/>.</param>
public sealed record ErrorCode(string Fault, string English, string Chinese, Report? Says = null)
{
    internal const string NoFault = "none";
}

/// <summary>
/// The dictionary of vendors' codes, by <c>vendor:device:code</c> without regard to case. The shipped one (codes.json)
/// has the printers' states of PAX and Sunmi as their SDKs name them, and nexo's POIStatus.
/// </summary>
public sealed class ErrorCodes
{
    private readonly FrozenDictionary<string, ErrorCode> _codes;

    private ErrorCodes(IEnumerable<KeyValuePair<string, ErrorCode>> codes) => _codes = codes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static ErrorCodes Shipped { get; } = ReadShipped();

    public int Count => _codes.Count;

    /// <summary>What a code means, or null where the dictionary does not know it.</summary>
    public ErrorCode? Find(string code) => _codes.GetValueOrDefault(code);

    internal IEnumerable<KeyValuePair<string, ErrorCode>> All => _codes;

    /// <summary>These codes and others, which win.</summary>
    public ErrorCodes With(ErrorCodes others)
    {
        var codes = new Dictionary<string, ErrorCode>(_codes, StringComparer.OrdinalIgnoreCase);
        foreach (var (code, meaning) in others._codes) codes[code] = meaning;
        return new(codes);
    }

    /// <summary>Reads a dictionary of the form of codes.json.</summary>
    /// <exception cref="InvalidDataException">It is not of that form; the message says where.</exception>
    public static ErrorCodes Read(Stream json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidDataException("The codes must be one JSON object.");
            var codes = new Dictionary<string, ErrorCode>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in document.RootElement.EnumerateObject())
                codes[entry.Name] = new(Text(entry, "fault"), Text(entry, "en"), Text(entry, "zh-CN"), Says(entry));
            return new(codes);
        }
        catch (JsonException e) { throw new InvalidDataException($"The codes are not JSON: {e.Message}", e); }
    }

    private static string Text(JsonProperty entry, string name) =>
        entry.Value.ValueKind == JsonValueKind.Object && entry.Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new InvalidDataException($"The code {entry.Name} has no text {name}.");

    /// <summary>A piece of a report as docs/wire.md writes it, of the fields that codes may say.</summary>
    private static Report? Says(JsonProperty entry)
    {
        if (!entry.Value.TryGetProperty("says", out var piece)) return null;
        var isRead = new ReportReader().Read(Encoding.UTF8.GetBytes(piece.GetRawText()), entry.Name, Section.Report, 0, 0, out var says) == Refusal.None;
        return isRead && SaidByCodes.CanSay(says!) ? says
            : throw new InvalidDataException($"The code {entry.Name} says {piece.GetRawText()}, which is no piece of a report with {SaidByCodes.Sayable}.");
    }

    private static ErrorCodes ReadShipped()
    {
        using var json = typeof(ErrorCodes).Assembly.GetManifestResourceStream("codes.json")!;
        return Read(json);
    }
}
