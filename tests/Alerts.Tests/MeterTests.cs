using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Fleet.Alerts.Notify;

namespace Fleet.Alerts.Tests;

public sealed class MeterTests
{
    [Fact]
    public async Task Figures_have_units_and_descriptions_and_never_a_serial_for_a_tag()
    {
        var instruments = new ConcurrentDictionary<string, Instrument>();
        var tags = new ConcurrentBag<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name != AlertsMeter.Name) return;
                instruments[instrument.Name] = instrument;
                l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, measured, _) =>
        {
            foreach (var tag in measured) tags.Add($"{tag.Key}={tag.Value}");
        });
        listener.Start();

        await using var store = new SqliteStore();
        await using var room = await Room.OpenAsync(store.Database);
        await room.Raises("bad-reports", at: 1000);
        await room.Raises("reader-fault", at: 1000);
        room.Pushes.Answer = _ => Delivery.Never(DeliveryReason.Refused);
        await room.DeliverAsync(room.Pushes);

        Assert.Equal(
            ["fleet.alerts.deliveries", "fleet.alerts.findings", "fleet.alerts.open", "fleet.alerts.outbox.pending", "fleet.alerts.suppressed", "fleet.alerts.tickets"],
            instruments.Keys.Order(StringComparer.Ordinal));
        Assert.All(instruments.Values, i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name));
        Assert.Superset(new HashSet<string> { "kind=raised", "verdict=raise", "reason=not-for-merchant", "state=open", "outcome=refused" }, tags.ToHashSet());
        Assert.DoesNotContain(tags, t => t.Contains(Room.Terminal, StringComparison.Ordinal));
    }
}
