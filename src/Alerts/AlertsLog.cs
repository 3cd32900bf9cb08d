using Fleet.Alerts.Notify;
using Microsoft.Extensions.Logging;

namespace Fleet.Alerts;

/// <summary>All that this room logs: 3000 to 3999.</summary>
internal static partial class AlertsLog
{
    [LoggerMessage(3000, LogLevel.Error, "The store refused {Count} findings; they are kept and tried again in {Wait}")]
    public static partial void StoreRefused(this ILogger log, int count, TimeSpan wait, Exception e);

    [LoggerMessage(3001, LogLevel.Warning, "Stopped with {Count} findings that the store had not taken; the journal replays them")]
    public static partial void FindingsLeft(this ILogger log, int count);

    [LoggerMessage(3002, LogLevel.Warning, "The catalogue does not know fault {Fault}; its alerts tell nobody and send nobody")]
    public static partial void FaultUnlisted(this ILogger log, string fault);

    [LoggerMessage(3100, LogLevel.Error, "The outbox of channel {Channel} cannot be read or written; tried again")]
    public static partial void OutboxUnreadable(this ILogger log, string channel, Exception e);

    [LoggerMessage(3101, LogLevel.Error, "Channel {Channel} failed on delivery {Delivery}; tried again")]
    public static partial void ChannelFailed(this ILogger log, string channel, string delivery, Exception e);

    [LoggerMessage(3102, LogLevel.Error, "Gave up delivery {Delivery} on channel {Channel} after {Attempts} attempts: {Detail}")]
    public static partial void GaveUp(this ILogger log, string channel, string delivery, long attempts, string? detail);

    [LoggerMessage(3103, LogLevel.Warning, "Delivery {Delivery} on channel {Channel} was refused for good ({Reason}): {Detail}")]
    public static partial void Refused(this ILogger log, string channel, string delivery, DeliveryReason reason, string? detail);

    [LoggerMessage(3104, LogLevel.Warning, "Webhook:Secret is not set: pushes are sent without a signature")]
    public static partial void PushesUnsigned(this ILogger log);

    [LoggerMessage(3105, LogLevel.Warning, "Webhook:Secret has only {Length} characters; it should have 16 or more")]
    public static partial void SecretShort(this ILogger log, int length);

    [LoggerMessage(3201, LogLevel.Error, "Alerts that wait for their neighbours could not be looked at; tried again in {Wait}")]
    public static partial void HoldCheckFailed(this ILogger log, TimeSpan wait, Exception e);

    [LoggerMessage(3202, LogLevel.Warning, "{Group} could not be told of its members' faults; it reads them anew: {Message}")]
    public static partial void GroupNotTold(this ILogger log, string group, string message);

    [LoggerMessage(3203, LogLevel.Warning, "The groups with faults could not be woken; tried again in ten seconds: {Message}")]
    public static partial void GroupsNotAwake(this ILogger log, string message);

    [LoggerMessage(3204, LogLevel.Warning, "The census of apps, firmwares and cells could not be written or read; tried again in {Wait}")]
    public static partial void CensusNotKept(this ILogger log, TimeSpan wait, Exception e);

    [LoggerMessage(3200, LogLevel.Error, "Alerts that are due for a visit could not be looked at; tried again in {Wait}")]
    public static partial void VisitCheckFailed(this ILogger log, TimeSpan wait, Exception e);
}
