using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fleet.Alerts;

/// <summary>How this room writes its values: JSON in camelCase, enums in kebab-case.</summary>
public static class Wire
{
    private static readonly ConcurrentDictionary<Enum, string> Names = [];

    public static JsonSerializerOptions Json => JsonSerializerOptions.Web;

    /// <summary><c>RecipientLimit</c> is <c>recipient-limit</c> in JSON, in the store and as a metric's tag.</summary>
    public static string Name(this Enum value) => Names.GetOrAdd(value, v => JsonNamingPolicy.KebabCaseLower.ConvertName(v.ToString()));
}

/// <summary>An enum in JSON by its <see cref="Wire.Name"/>.</summary>
internal sealed class KebabCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) where T : struct, Enum;
