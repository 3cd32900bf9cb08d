using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Notify.Webhook;

/// <summary>The settings <c>Webhook:*</c>.</summary>
public sealed class WebhookOptions
{
    public const string Section = "Webhook";

    /// <summary>A shorter secret is taken with a warning: RFC 2104, 3 asks for a key of the hash's length, and tests use words.</summary>
    internal const int GoodSecretCharacters = 16;

    /// <summary>Where pushes go for merchants whose registry entry has no address; null for nowhere.</summary>
    public Uri? Url { get; set; }

    /// <summary>The key of the signature; null sends without one.</summary>
    public string? Secret { get; set; }

    /// <summary>How long one attempt may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many pushes a merchant gets within an hour; what is over it is suppressed and counted.</summary>
    public int PerRecipientAndHour { get; set; } = 60;
}

internal sealed class WebhookOptionsRules : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        var rules = new SettingRules(WebhookOptions.Section);
        if (options.Url is { } url && !(url.IsAbsoluteUri && url.Scheme is "http" or "https"))
            rules.Broken("Url", url, "must be an http or https address");
        if (options.Secret is { Length: 0 }) rules.Broken("Secret", "empty", "must be set to something or left out");
        rules.Range("Timeout", options.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        rules.Range("PerRecipientAndHour", options.PerRecipientAndHour, 1, 100_000);
        return rules.Result;
    }
}
