using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;

namespace Fleet.Alerts.Notify.Webhook;

/// <summary>The body of a push: the alert as the API shows it, and what to do now in the merchant's language and in the other one.</summary>
internal static class WebhookBody
{
    public static byte[] Write(Notice notice, Fault fault, Language language)
    {
        var body = JsonSerializer.SerializeToNode(notice.Alert, Wire.Json)!.AsObject();
        body["event"] = notice.Change.Name();
        body["language"] = language.Tag();
        foreach (var (name, text) in Texts(notice.Change, fault, language)) body[name] = text?.DeepClone();
        body["texts"] = new JsonObject
        {
            [Languages.EnglishTag] = Texts(notice.Change, fault, Language.English),
            [Languages.ChineseTag] = Texts(notice.Change, fault, Language.Chinese),
        };
        return JsonSerializer.SerializeToUtf8Bytes(body, Wire.Json);
    }

    /// <summary>While it lasts the steps say what to do now; when it is over there is nothing to do.</summary>
    private static JsonObject Texts(AlertChange change, Fault fault, Language language) => new()
    {
        ["title"] = fault.Title.In(language),
        ["steps"] = new JsonArray([.. change is AlertChange.Cleared ? [] : fault.MerchantSteps.In(language).Select(step => (JsonNode)step)]),
        ["keepSelling"] = change is AlertChange.Cleared ? null : fault.KeepSelling.In(language),
    };
}
