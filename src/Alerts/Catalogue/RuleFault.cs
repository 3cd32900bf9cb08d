using System.Text.Json.Nodes;
using Fleet.Grains.Rules;

namespace Fleet.Alerts.Catalogue;

/// <summary>An operator's rule as a fault: the rule's own catalogue fields, and what is sensible for those it leaves out.</summary>
internal static class RuleFault
{
    /// <exception cref="CatalogueException">A field is unknown or wrong.</exception>
    public static Fault Of(Rule rule)
    {
        var row = Plain(rule);
        foreach (var (field, value) in rule.Fault ?? [])
        {
            if (!CatalogueRow.Fields.Contains(field)) throw CatalogueRow.UnknownField("rules", rule.Code, field, value);
            // A text of one language stands for both.
            if (value is JsonObject texts && texts.Count == 1 && row[field] is JsonObject both && both.ContainsKey(Languages.ChineseTag) && texts[Languages.EnglishTag] is { } english)
                (both[Languages.EnglishTag], both[Languages.ChineseTag]) = (english.DeepClone(), english.DeepClone());
            else CatalogueFile.Replace(row, field, value);
        }
        return new CatalogueRow("rules", rule.Code, row).Read();
    }

    private static JsonObject Plain(Rule rule) => new()
    {
        ["severity"] = "warning",
        ["title"] = Both(rule.Name, rule.Name),
        ["meaning"] = Both("A rule of the operator's holds.", "运营方设定的规则已触发。"),
        ["merchantSteps"] = Both(new JsonArray("Call support and name this rule."), new JsonArray("请联系客服并告知此规则名称。")),
        ["engineerSteps"] = Both(new JsonArray("Ask the operator what the rule is for."), new JsonArray("向运营方了解此规则的用途。")),
        ["keepSelling"] = Both("Go on as usual.", "照常营业。"),
        ["parts"] = Both(new JsonArray(), new JsonArray()),
        ["prevention"] = Both("None known.", "暂无。"),
        ["visit"] = new JsonObject { ["needed"] = false },
        ["notifyMerchant"] = false,
    };

    private static JsonObject Both(JsonNode english, JsonNode chinese) => new() { [Languages.EnglishTag] = english, [Languages.ChineseTag] = chinese };
}
