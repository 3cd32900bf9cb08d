namespace Fleet.Alerts.Catalogue;

/// <summary>Language tags (RFC 5646) as the registry, settings and HTTP name them.</summary>
public static class Languages
{
    public const string EnglishTag = "en";
    public const string ChineseTag = "zh-CN";

    public static string Tag(this Language language) => language is Language.Chinese ? ChineseTag : EnglishTag;

    /// <summary>The catalogue's language nearest to a tag or to an Accept-Language header's first choice.</summary>
    public static Language Nearest(string? tag, Language otherwise = Language.English) =>
        string.IsNullOrWhiteSpace(tag) ? otherwise
        : tag.TrimStart().StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? Language.Chinese
        : Language.English;
}
