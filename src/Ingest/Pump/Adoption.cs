using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// Works off the journal of a node that died: what it had acknowledged reaches the terminals and history, then the
/// journal is given up. Meanwhile the node's terminals report elsewhere already; what they said here comes late, and
/// counts without moving their state back.
/// </summary>
internal sealed partial class Adoption(
    JournalRows rows, IHistory history, Decoder decoder, Delivering delivering, Checkpoints checkpoints, TimeProvider time, ILogger logger)
{
    public async Task RunAsync(Marks marks, CancellationToken stop)
    {
        await using var _ = rows;
        LogAdopting(rows.Node, Math.Min(marks.Grains, marks.History));
        while (true)
        {
            var deaths = checkpoints.Deaths;
            var last = await ReadThrough(marks, stop);
            var result = await checkpoints.AskAsync(deaths);
            await rows.MarkAsync(result == CheckpointResult.Done ? new(last, last) : marks, time, stop);
            if (result == CheckpointResult.Done) break;
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, stop);
        }
        await rows.ReleaseAsync(stop);
        LogAdopted(rows.Node);
    }

    private async Task<long> ReadThrough(Marks marks, CancellationToken stop)
    {
        var accepted = new List<Task>();
        var last = marks.Done;
        var delivery = new Delivery();
        while (await rows.ReadAsync(last, stop) is { Count: > 0 } waiting)
        {
            foreach (var (position, batch) in waiting)
            {
                decoder.Decode(position, batch, delivery);
                if (position > marks.History) accepted.Add(await Record(delivery.Reports, stop));
                if (position > marks.Grains) await delivering.ApplyAsync(delivery);
                IngestMetrics.Replayed.Add(delivery.Entries);
                last = position;
            }
            await rows.MarkAsync(marks, time, stop); // keeps the lease
        }
        var all = Task.WhenAll(accepted);
        while (!all.IsCompleted)
        {
            await rows.MarkAsync(marks, time, stop); // history may be away for long
            await all.WaitAsync(TimeSpan.FromSeconds(1), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.ThrowIfCancellationRequested();
        }
        await all;
        return last;
    }

    private async Task<Task> Record(List<Report> reports, CancellationToken stop)
    {
        while (true)
        {
            if (history.TryTake(reports, out var accepted)) return accepted;
            await history.RoomAsync(stop);
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "Adopting the journal of {Node} from row {Position} on")]
    private partial void LogAdopting(string node, long position);

    [LoggerMessage(1502, LogLevel.Information, "The journal of {Node} is worked off and given up")]
    private partial void LogAdopted(string node);
}
