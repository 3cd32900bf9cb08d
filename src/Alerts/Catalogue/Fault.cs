using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Fleet.Alerts.Maintenance;

namespace Fleet.Alerts.Catalogue;

[JsonConverter(typeof(KebabCase<Severity>))]
public enum Severity : byte { Info, Warning, Critical }

/// <summary>The languages every text of the catalogue is written in.</summary>
public enum Language : byte { English, Chinese }

/// <summary>One text in both languages.</summary>
public sealed record Text(
    [property: JsonPropertyName(Languages.EnglishTag)] string English,
    [property: JsonPropertyName(Languages.ChineseTag)] string Chinese)
{
    public string In(Language language) => language is Language.Chinese ? Chinese : English;
}

/// <summary>Short texts in order, as many in one language as in the other.</summary>
public sealed record Texts(
    [property: JsonPropertyName(Languages.EnglishTag)] ImmutableArray<string> English,
    [property: JsonPropertyName(Languages.ChineseTag)] ImmutableArray<string> Chinese)
{
    public static readonly Texts None = new([], []);

    public ImmutableArray<string> In(Language language) => language is Language.Chinese ? Chinese : English;
}

/// <summary>Whether an engineer goes there, and how long the fault may stand before one is sent.</summary>
public sealed record Visit(bool Needed, TimeSpan After);

/// <summary>What the product knows of one fault: a row of the reviewed <c>catalogue.json</c>.</summary>
public sealed record Fault
{
    public required string Code { get; init; }
    public required Severity Severity { get; init; }
    public required Text Title { get; init; }
    public required Text Meaning { get; init; }

    /// <summary>What the merchant does now, the remedy nearest to the shop first.</summary>
    public required Texts MerchantSteps { get; init; }
    public required Texts EngineerSteps { get; init; }

    /// <summary>How to go on selling while the fault lasts.</summary>
    public required Text KeepSelling { get; init; }
    public required Texts Parts { get; init; }
    public required Text Prevention { get; init; }
    public required Visit Visit { get; init; }
    public required bool NotifyMerchant { get; init; }

    /// <summary>The work that prevents it, or its return; null where there is none.</summary>
    public TaskPlan? Task { get; init; }

    /// <summary>Stands in for a code that no catalogue knows, so that an alert never lacks a text: no push, no visit.</summary>
    public static Fault Unlisted(string code) => new()
    {
        Code = code,
        Severity = Severity.Warning,
        Title = new(code, code),
        Meaning = new("This fault is not in the catalogue.", "目录中没有此故障。"),
        MerchantSteps = new(["Call support and name this code."], ["请联系客服并告知此代码。"]),
        EngineerSteps = new(["Add the fault to the catalogue."], ["请将此故障加入目录。"]),
        KeepSelling = new("Use another terminal if this one does not work.", "本机无法使用时请换用其他终端。"),
        Parts = Texts.None,
        Prevention = new("None known.", "暂无。"),
        Visit = new(false, TimeSpan.Zero),
        NotifyMerchant = false,
    };
}
