using System.Threading.Channels;
using Fleet.Alerts.Notify;
using Fleet.Grains;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Book;

/// <summary>
/// Where findings become alerts. One bounded inbox, one reader, batches of one transaction each. A batch the store
/// refuses is tried again until it takes it: findings are never lost while the process lives, and what a killed process
/// had not committed was never drained, so the journal brings it again.
/// </summary>
internal sealed class AlertBook(
    Database database, Ledger ledger, Deliveries deliveries, IOptions<AlertsOptions> options, TimeProvider time, ILogger<AlertBook> log)
    : IFindings, IHostedService, IDisposable
{
    private static readonly Backoff Retry = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    private readonly Channel<Entry> _inbox = Channel.CreateBounded<Entry>(new BoundedChannelOptions(options.Value.InboxCapacity) { SingleReader = true });
    private readonly CancellationTokenSource _abandon = new();
    private readonly HashSet<TaskCompletionSource> _drains = [];
    private Task _reading = Task.CompletedTask;

    /// <summary>A finding, or the mark of a drain that is over when all before it is committed.</summary>
    private readonly record struct Entry(Finding? Finding, TaskCompletionSource? Drain);

    public ValueTask PostAsync(Finding finding, CancellationToken stop = default) => _inbox.Writer.WriteAsync(new(finding, null), stop);

    public async Task DrainAsync(CancellationToken stop = default)
    {
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_drains) _drains.Add(drain);
        try
        {
            await _inbox.Writer.WriteAsync(new(null, drain), stop);
            await drain.Task.WaitAsync(stop);
        }
        finally
        {
            lock (_drains) _drains.Remove(drain);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _reading = Task.Run(ReadAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Takes no more findings and commits those it has, as long as the host gives time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _inbox.Writer.TryComplete(); // false only when stopped twice
        await using var late = cancellationToken.Register(_abandon.Cancel);
        await _reading;
    }

    public void Dispose() => _abandon.Dispose();

    private async Task ReadAsync()
    {
        var batch = new List<Entry>();
        while (await _inbox.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < options.Value.MostInBatch && _inbox.Reader.TryRead(out var entry)) batch.Add(entry);
            if (await CommitAsync(batch)) continue;
            log.FindingsLeft(batch.Count + _inbox.Reader.Count);
            return;
        }
    }

    /// <summary>Commits a batch, however often that takes; false when the process had to stop before.</summary>
    private async Task<bool> CommitAsync(List<Entry> batch)
    {
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                await ApplyAsync(batch);
                foreach (var entry in batch) entry.Drain?.TrySetResult(); // false when it failed or was given up before
                return true;
            }
            catch (Exception e)
            {
                FailDrains(e);
                if (_abandon.IsCancellationRequested) return false;
                var wait = Retry.After(attempts, Random.Shared.NextDouble());
                log.StoreRefused(batch.Count, wait, e);
                await Task.Delay(wait, time, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ApplyAsync(List<Entry> batch)
    {
        if (!batch.Exists(e => e.Finding is not null)) return;
        await using var transaction = await Transaction.BeginAsync(database, _abandon.Token);
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var entry in batch)
            if (entry.Finding is { } finding) await ledger.ApplyAsync(transaction, finding, nowMs);
        await transaction.CommitAsync();
        deliveries.Wake();
    }

    /// <summary>Who waits for a drain, here or further back in the inbox, must know at once that it is not coming.</summary>
    private void FailDrains(Exception e)
    {
        TaskCompletionSource[] waiting;
        lock (_drains) waiting = [.. _drains];
        foreach (var drain in waiting) drain.TrySetException(new IOException("The store refused findings; they are kept and tried again.", e));
    }
}
