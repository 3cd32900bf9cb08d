namespace Fleet.Alerts.Notify;

public enum DeliveryOutcome : byte { Delivered, RetryLater, Never }

/// <summary>Why something was delivered, waits, or was not sent. The names are the values of the metrics' tag and of <c>outbox.reason</c>.</summary>
public enum DeliveryReason : byte
{
    Accepted,
    /// <summary>No connection, or it broke.</summary>
    Unreachable,
    TimedOut,
    /// <summary>The receiver is there but asks to come back later.</summary>
    Busy,
    /// <summary>The receiver does not want it, now or later.</summary>
    Refused,
    /// <summary>The channel itself failed: a bug, tried again all the same.</summary>
    Failed,
    /// <summary>This process stopped in the middle of it.</summary>
    Interrupted,
    /// <summary>Retried for as long as is sensible.</summary>
    GaveUp,
    /// <summary>The recipient has had its share of this hour.</summary>
    RecipientLimit,
    /// <summary>Somebody silenced the alert.</summary>
    Silenced,
    /// <summary>Neither the merchant nor the operator has an address.</summary>
    NoAddress,
    /// <summary>It waits whether its neighbours show the same.</summary>
    Held,
    /// <summary>Its site or carrier is the cause, and is told instead.</summary>
    HasCause,
    /// <summary>The catalogue does not tell merchants of this fault.</summary>
    NotForMerchant,
}

/// <summary>What one attempt came to.</summary>
/// <param name="RetryAfter">How long the receiver asked to be left alone.</param>
/// <param name="Detail">For the operator: a status code, an error's text; nothing secret.</param>
public readonly record struct Delivery(DeliveryOutcome Outcome, DeliveryReason Reason, TimeSpan? RetryAfter = null, string? Detail = null)
{
    public static Delivery Delivered(string? detail = null) => new(DeliveryOutcome.Delivered, DeliveryReason.Accepted, Detail: detail);

    public static Delivery RetryLater(DeliveryReason reason, string? detail = null, TimeSpan? after = null) =>
        new(DeliveryOutcome.RetryLater, reason, after, detail);

    public static Delivery Never(DeliveryReason reason, string? detail = null) => new(DeliveryOutcome.Never, reason, Detail: detail);
}
