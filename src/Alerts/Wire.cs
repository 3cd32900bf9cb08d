using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fleet.Alerts;

/// <summary>How this room writes its values: enums in kebab-case, JSON in camelCase.</summary>
public static class Wire
{
    private static readonly ConcurrentDictionary<Enum, string> Names = [];

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary><c>RecipientLimit</c> is <c>recipient-limit</c> in JSON, in the store and as a metric's tag.</summary>
    public static string Name(this Enum value) => Names.GetOrAdd(value, v => JsonNamingPolicy.KebabCaseLower.ConvertName(v.ToString()));
}
