using System.Globalization;
using Fleet.Alerts.Notify;
using Fleet.History;
using BookChange = Fleet.Alerts.Book.AlertChange;

namespace Fleet.Host;

/// <summary>Alerts' way to history: one point of measurement <c>alert</c> per change, from the outbox as every delivery.</summary>
internal sealed class HistoryChannel(HistoryWriter history) : IChannel
{
    public string Name => ChannelNames.History;

    public async Task<Delivery> SendAsync(Parcel parcel, CancellationToken stop)
    {
        var (change, atMs, alert) = parcel.Notice;
        try
        {
            await history.WriteAlertAsync(new AlertPoint
            {
                Id = alert.Id,
                Fault = alert.Fault,
                Severity = alert.Severity,
                Change = change switch
                {
                    BookChange.Raised => AlertChange.Raised,
                    BookChange.Acknowledged => AlertChange.Acknowledged,
                    BookChange.Cleared => AlertChange.Cleared,
                    _ => AlertChange.Changed,
                },
                AtMs = change switch
                {
                    // The fault's own times, not when the book heard of them: a point written twice is one point.
                    BookChange.Raised => UnixMs(alert.RaisedAt),
                    BookChange.Cleared when alert.ClearedAt is { } clearedAt => UnixMs(clearedAt),
                    _ => atMs,
                },
                Serial = alert.Terminal,
                Site = alert.Site,
                Merchant = alert.Merchant,
            }, stop);
            return Delivery.Delivered();
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Delivery.RetryLater(DeliveryReason.Unreachable, "history is stopping");
        }
    }

    private static long UnixMs(string iso8601) => DateTimeOffset.Parse(iso8601, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
