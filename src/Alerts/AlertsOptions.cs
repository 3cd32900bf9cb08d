using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Notify.Webhook;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts;

/// <summary>The settings <c>Alerts:*</c>.</summary>
public sealed class AlertsOptions
{
    public const string Section = "Alerts";

    /// <summary>How many findings may wait for the store; after that who posts one waits.</summary>
    public int InboxCapacity { get; set; } = 10_000;

    /// <summary>How many findings share one transaction at most.</summary>
    public int MostInBatch { get; set; } = 500;

    /// <summary>How often alerts are looked at that have stood long enough for a visit.</summary>
    public TimeSpan VisitCheck { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that an alert waits for neighbours to show the same before its merchant is told; 0 for no wait.</summary>
    public TimeSpan LongestHold { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The language of merchants whose registry entry names none: <c>en</c> or <c>zh-CN</c>.</summary>
    public string Language { get; set; } = Languages.EnglishTag;

    public OutboxOptions Outbox { get; set; } = new();
}

/// <summary>The settings <c>Alerts:Outbox:*</c>.</summary>
public sealed class OutboxOptions
{
    /// <summary>How often the outbox is looked at when nobody rings.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    public int MostInBatch { get; set; } = 64;

    /// <summary>How many deliveries of one channel are under way at once.</summary>
    public int AtOnce { get; set; } = 16;

    /// <summary>How long a row belongs to the process that took it; after that another may deliver it again.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(1);

    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromMinutes(15);
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long ended deliveries can still be looked up; the hourly limit needs an hour of them.</summary>
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(7);
}

internal sealed class AlertsOptionsRules(IOptions<WebhookOptions> webhook) : IValidateOptions<AlertsOptions>
{
    public ValidateOptionsResult Validate(string? name, AlertsOptions options)
    {
        var rules = new SettingRules(AlertsOptions.Section);
        rules.Range("InboxCapacity", options.InboxCapacity, 1, 1_000_000);
        rules.Range("MostInBatch", options.MostInBatch, 1, 10_000);
        rules.Range("VisitCheck", options.VisitCheck, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        rules.Range("LongestHold", options.LongestHold, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        if (options.Language is not (Languages.EnglishTag or Languages.ChineseTag)) rules.Broken("Language", options.Language, "must be en or zh-CN");

        var outbox = options.Outbox;
        rules.Range("Outbox:Poll", outbox.Poll, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        rules.Range("Outbox:MostInBatch", outbox.MostInBatch, 1, 1000);
        rules.Range("Outbox:AtOnce", outbox.AtOnce, 1, 256);
        rules.Range("Outbox:Lease", outbox.Lease, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        rules.Range("Outbox:FirstRetry", outbox.FirstRetry, TimeSpan.FromMilliseconds(10), outbox.LongestRetry);
        rules.Range("Outbox:LongestRetry", outbox.LongestRetry, outbox.FirstRetry, outbox.GiveUpAfter);
        rules.Range("Outbox:GiveUpAfter", outbox.GiveUpAfter, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30));
        rules.Range("Outbox:Keep", outbox.Keep, TimeSpan.FromHours(1), TimeSpan.FromDays(365));

        // A lease that ends while its batch is still being sent would have another silo send it too.
        var slowest = webhook.Value.Timeout * Math.Ceiling((double)outbox.MostInBatch / Math.Max(1, outbox.AtOnce));
        if (outbox.Lease <= slowest)
            rules.Broken("Outbox:Lease", outbox.Lease, $"must be longer than {slowest}, in which Outbox:MostInBatch {outbox.MostInBatch} are sent, "
                + $"Outbox:AtOnce {outbox.AtOnce} at a time, when each takes Webhook:Timeout {webhook.Value.Timeout}");
        return rules.Result;
    }
}

/// <summary>The settings <c>Catalogue:*</c>.</summary>
public sealed class CatalogueOptions
{
    public const string Section = "Catalogue";

    /// <summary>The operator's override file; null for none.</summary>
    public string? Path { get; set; }

    /// <summary>The operator's dictionary of vendors' error codes, beside the shipped one; the detectors have it. Null for none.</summary>
    public string? Codes { get; set; }
}
