using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Notify;

/// <summary>Runs one outbox loop for each channel of the house.</summary>
internal sealed class Deliveries(
    IEnumerable<IChannel> channels, Outbox outbox, IOptions<AlertsOptions> options, TimeProvider time, ILogger<OutboxLoop> log) : BackgroundService
{
    private readonly OutboxLoop[] _loops = [.. channels.Select(c => new OutboxLoop(c, outbox, options, time, Random.Shared, log))];

    /// <summary>Says that a change was committed, so that its parcels leave at once.</summary>
    public void Wake()
    {
        foreach (var loop in _loops) loop.Wake();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_loops.Select(l => l.RunAsync(stoppingToken)));
}
