using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Neighbours;
using Fleet.Alerts.Notify.Webhook;
using Fleet.Store;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Notify;

/// <summary>Where a change goes, or why it goes nowhere on this channel.</summary>
/// <param name="IsOneOfMany">A group's alert goes to the merchant of each of its members.</param>
internal readonly record struct Route(string Channel, string Recipient, DeliveryReason? Withheld = null, bool IsOneOfMany = false);

/// <summary>
/// Decides who is told of a change. Only channels that exist in this process are addressed, so that nothing piles up for
/// one that nobody empties.
/// </summary>
internal sealed class Routes(FaultCatalogue catalogue, Registry registry, Members members, IOptions<WebhookOptions> webhook, IEnumerable<IChannel> channels)
{
    private readonly HashSet<string> _channels = [.. channels.Select(c => c.Name)];

    /// <remarks>A terminal that is not registered is a recipient of its own: its pushes must not use up another's hour.</remarks>
    public IEnumerable<Route> For(AlertRow alert, AlertChange change, long nowMs)
    {
        // That it waits, or for what, is no reading: history is told of the fault itself.
        if (_channels.Contains(ChannelNames.History) && change is not (AlertChange.Joined or AlertChange.Left or AlertChange.Released)) yield return new(ChannelNames.History, "");
        if (change is not (AlertChange.Raised or AlertChange.Released or AlertChange.Cleared) || !_channels.Contains(ChannelNames.Webhook)) yield break;
        if (!alert.IsOfGroup || alert.HeldUntil is not null)
            yield return new(ChannelNames.Webhook, alert.Merchant ?? alert.Terminal, WhyNot(alert, registry.Find(alert.Terminal), nowMs));
    }

    /// <summary>Where a group's alert goes: once to each merchant.</summary>
    public IEnumerable<Route> ToMerchants(AlertRow group, IEnumerable<string> merchants, long nowMs) => !_channels.Contains(ChannelNames.Webhook) ? []
        : merchants.Select(merchant => new Route(ChannelNames.Webhook, merchant, WhyNot(group, members.Standing(group.Terminal, merchant), nowMs), IsOneOfMany: true));

    private DeliveryReason? WhyNot(AlertRow alert, RegisteredTerminal? to, long nowMs) =>
        !catalogue.Of(alert.Fault).NotifyMerchant ? DeliveryReason.NotForMerchant
        : alert.SilencedAt(nowMs) ? DeliveryReason.Silenced
        : alert.HeldUntil is not null ? (alert.Cause is null ? DeliveryReason.Held : DeliveryReason.HasCause)
        : to?.Webhook is null && webhook.Value.Url is null ? DeliveryReason.NoAddress
        : null;
}
