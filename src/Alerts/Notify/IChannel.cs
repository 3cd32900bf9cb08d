namespace Fleet.Alerts.Notify;

/// <summary>
/// A way out of the house for what happens to alerts: a wall to a push service, a time-series database. A channel that
/// is registered gets what <see cref="Routes"/> addresses to its name, at least once, in order for one alert.
/// </summary>
public interface IChannel
{
    /// <summary>One of <see cref="ChannelNames"/>.</summary>
    string Name { get; }

    /// <summary>How many deliveries one recipient gets within an hour; null for as many as there are.</summary>
    int? PerRecipientAndHour => null;

    /// <summary>Tries once. Says whether trying again can help; throws only when stopped.</summary>
    Task<Delivery> SendAsync(Parcel parcel, CancellationToken stop);
}

/// <summary>The channels the routes know of.</summary>
public static class ChannelNames
{
    /// <summary>To the merchant: what to do now, and that it is over.</summary>
    public const string Webhook = "webhook";

    /// <summary>To the time-series database: one point per change of an alert.</summary>
    public const string History = "history";
}

/// <summary>One delivery as a channel gets it.</summary>
/// <param name="Id">The delivery id: the same for every attempt, so that a receiver can tell a repetition.</param>
/// <param name="Recipient">Whom the hourly limit counts: the merchant, or empty where there is only one.</param>
public sealed record Parcel(string Id, string Recipient, Notice Notice);

/// <summary>What every channel carries: a change of an alert, and the alert as it was right after it.</summary>
/// <param name="AtMs">When it happened, Unix ms.</param>
public sealed record Notice(Book.AlertChange Change, long AtMs, Book.AlertView Alert);
