using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Notify.Webhook;
using Fleet.Store;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Notify;

/// <summary>Where a change goes, or why it goes nowhere on this channel.</summary>
internal readonly record struct Route(string Channel, string Recipient, DeliveryReason? Withheld = null);

/// <summary>
/// Decides who is told of a change. Only channels that exist in this process are addressed, so that nothing piles up for
/// one that nobody empties.
/// </summary>
internal sealed class Routes(FaultCatalogue catalogue, Registry registry, IOptions<WebhookOptions> webhook, IEnumerable<IChannel> channels)
{
    private readonly HashSet<string> _channels = [.. channels.Select(c => c.Name)];

    /// <remarks>A terminal that is not registered is a recipient of its own: its pushes must not use up another's hour.</remarks>
    public IEnumerable<Route> For(AlertRow alert, AlertChange change, long nowMs)
    {
        if (_channels.Contains(ChannelNames.History)) yield return new(ChannelNames.History, "");
        if (change is AlertChange.Raised or AlertChange.Cleared && _channels.Contains(ChannelNames.Webhook))
            yield return new(ChannelNames.Webhook, alert.Merchant ?? alert.Terminal, WhyNotMerchant(alert, nowMs));
    }

    private DeliveryReason? WhyNotMerchant(AlertRow alert, long nowMs) =>
        !catalogue.Of(alert.Fault).NotifyMerchant ? DeliveryReason.NotForMerchant
        : alert.SilencedAt(nowMs) ? DeliveryReason.Silenced
        : registry.Find(alert.Terminal)?.Webhook is null && webhook.Value.Url is null ? DeliveryReason.NoAddress
        : null;
}
