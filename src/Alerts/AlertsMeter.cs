using System.Diagnostics.Metrics;
using Fleet.Alerts.Book;
using Fleet.Alerts.Dispatch;
using Fleet.Alerts.Notify;
using Fleet.Grains;

namespace Fleet.Alerts;

/// <summary>This room's figures.</summary>
public static class AlertsMeter
{
    public const string Name = "Fleet.Alerts";

    private static readonly Meter Meter = new(Name);
    private static volatile Standing _standing = new(0, 0);

    private static readonly Counter<long> FindingsCounter = Meter.CreateCounter<long>(
        "fleet.alerts.findings", "{finding}", "Findings applied, by kind and by what they meant for the book");

    private static readonly Counter<long> DeliveriesCounter = Meter.CreateCounter<long>(
        "fleet.alerts.deliveries", "{delivery}", "Attempts to deliver, by channel, what became of the delivery, and why");

    private static readonly Counter<long> SuppressedCounter = Meter.CreateCounter<long>(
        "fleet.alerts.suppressed", "{delivery}", "Changes that a channel's recipient was not told of, by channel and reason");

    private static readonly Counter<long> TicketsCounter = Meter.CreateCounter<long>(
        "fleet.alerts.tickets", "{ticket}", "Tickets that changed, by the state they went to");

    static AlertsMeter()
    {
        Meter.CreateObservableGauge("fleet.alerts.open", () => _standing.Open, "{alert}", "Alerts that are not cleared");
        Meter.CreateObservableGauge("fleet.alerts.outbox.pending", () => _standing.Pending, "{delivery}", "Deliveries that wait in the outbox");
    }

    internal static void Found(FindingKind kind, Verdict verdict) =>
        FindingsCounter.Add(1, new("kind", kind.Name()), new KeyValuePair<string, object?>("verdict", verdict.Name()));

    internal static void Delivered(string channel, OutboxState state, DeliveryReason reason) =>
        DeliveriesCounter.Add(1, new("channel", channel), new("outcome", state.Name()), new("reason", reason.Name()));

    internal static void Withheld(string channel, DeliveryReason reason) =>
        SuppressedCounter.Add(1, new("channel", channel), new KeyValuePair<string, object?>("reason", reason.Name()));

    internal static void TicketNow(TicketState state) => TicketsCounter.Add(1, new KeyValuePair<string, object?>("state", state.Name()));

    /// <summary>What the store held when it was last counted; counting at every scrape would read the tables.</summary>
    internal static void Counted(Standing standing) => _standing = standing;
}

internal sealed record Standing(long Open, long Pending);
