using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Notify;

/// <summary>
/// Empties the outbox of one channel: leases what is due, sends several at once, settles them together. A channel that
/// hangs holds up only itself.
/// </summary>
internal sealed class OutboxLoop(
    IChannel channel, Outbox outbox, IOptions<AlertsOptions> options, TimeProvider time, Random random, ILogger<OutboxLoop> log)
{
    private readonly OutboxOptions _options = options.Value.Outbox;
    private readonly Channel<bool> _doorbell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private Backoff Retry => new(_options.FirstRetry, _options.LongestRetry);

    /// <summary>Says that there is something new; without it the loop looks once a poll interval.</summary>
    public void Wake() => _doorbell.Writer.TryWrite(true); // a ring already pending is as good

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await DeliverDueAsync(stop) == 0) await IdleAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // the store refused: leases end by themselves, so nothing is lost
            {
                log.OutboxUnreadable(channel.Name, e);
                await Task.Delay(_options.Poll, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Delivers one batch; how many rows it had.</summary>
    public async Task<int> DeliverDueAsync(CancellationToken stop)
    {
        var rows = await outbox.ClaimAsync(channel.Name, _options.MostInBatch, NowMs, _options.Lease, stop);
        if (rows.Count == 0) return 0;
        var settlements = new List<Settlement>(rows.Count);
        var allowed = await WithinLimitAsync(rows, settlements, stop);
        await Parallel.ForEachAsync(allowed, new ParallelOptions { MaxDegreeOfParallelism = _options.AtOnce }, async (row, _) =>
        {
            var settlement = await AttemptAsync(row, stop);
            lock (settlements) settlements.Add(settlement);
        });
        // Also when stopping: what was delivered is written down, and the rest need not wait for the lease to end.
        await outbox.SettleAsync(settlements, NowMs, CancellationToken.None);
        foreach (var settlement in settlements) Report(settlement);
        return rows.Count;
    }

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task IdleAsync(CancellationToken stop)
    {
        using var poll = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var rung = _doorbell.Reader.WaitToReadAsync(poll.Token).AsTask();
        await Task.WhenAny(rung, Task.Delay(_options.Poll, time, poll.Token));
        await poll.CancelAsync();
        while (_doorbell.Reader.TryRead(out _)) { }
    }

    /// <summary>The rows whose recipients have not had their share of the hour; the others are settled as suppressed.</summary>
    private async Task<List<OutboxRow>> WithinLimitAsync(List<OutboxRow> rows, List<Settlement> settlements, CancellationToken stop)
    {
        if (channel.PerRecipientAndHour is not { } limit) return rows;
        var allowed = new List<OutboxRow>(rows.Count);
        foreach (var recipient in rows.GroupBy(r => r.Recipient))
        {
            var spent = await outbox.CountDeliveredAsync(channel.Name, recipient.Key, NowMs - (long)TimeSpan.FromHours(1).TotalMilliseconds, stop);
            var left = (int)Math.Max(0, limit - spent);
            allowed.AddRange(recipient.Take(left));
            settlements.AddRange(recipient.Skip(left).Select(row => new Settlement(
                row, OutboxState.Suppressed, DeliveryReason.RecipientLimit, row.Attempts, 0, $"over {limit} an hour")));
        }
        return allowed;
    }

    private async Task<Settlement> AttemptAsync(OutboxRow row, CancellationToken stop)
    {
        try
        {
            stop.ThrowIfCancellationRequested();
            return Settle(row, await channel.SendAsync(row.ToParcel(), stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new(row, OutboxState.Pending, DeliveryReason.Interrupted, row.Attempts, NowMs, null);
        }
        catch (Exception e) // one bad parcel must not silence its neighbours
        {
            log.ChannelFailed(channel.Name, row.Id, e);
            return Settle(row, Delivery.RetryLater(DeliveryReason.Failed, e.GetType().Name));
        }
    }

    private Settlement Settle(OutboxRow row, Delivery delivery)
    {
        var attempts = row.Attempts + 1;
        if (delivery.Outcome is DeliveryOutcome.Delivered) return new(row, OutboxState.Delivered, delivery.Reason, attempts, 0, delivery.Detail);
        if (delivery.Outcome is DeliveryOutcome.Never) return new(row, OutboxState.Refused, delivery.Reason, attempts, 0, delivery.Detail);

        var wait = Retry.After(attempts, random.NextDouble());
        if (delivery.RetryAfter > wait) wait = delivery.RetryAfter.Value;
        var dueAt = NowMs + (long)wait.TotalMilliseconds;
        return dueAt - row.CreatedAt > _options.GiveUpAfter.TotalMilliseconds
            ? new(row, OutboxState.GaveUp, DeliveryReason.GaveUp, attempts, 0, $"{delivery.Reason.Name()}: {delivery.Detail}")
            : new(row, OutboxState.Pending, delivery.Reason, attempts, dueAt, delivery.Detail);
    }

    private void Report(Settlement settlement)
    {
        AlertsMeter.Delivered(channel.Name, settlement.State, settlement.Reason);
        if (settlement.State is OutboxState.Suppressed) AlertsMeter.Withheld(channel.Name, settlement.Reason);
        if (settlement.State is OutboxState.GaveUp) log.GaveUp(channel.Name, settlement.Row.Id, settlement.Attempts, settlement.Detail);
        if (settlement.State is OutboxState.Refused) log.Refused(channel.Name, settlement.Row.Id, settlement.Reason, settlement.Detail);
    }
}
