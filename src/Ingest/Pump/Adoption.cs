using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// Works off the journal of a node that died: what it had acknowledged reaches the terminals and then history, and the
/// journal is given up. Meanwhile the node's terminals report elsewhere already; what they said here comes late, and
/// counts without moving their state back.
/// </summary>
internal sealed partial class Adoption(
    JournalRows rows, IHistory history, Decoder decoder, Delivering delivering, Checkpoints checkpoints, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_renewal = TimeSpan.FromSeconds(1);

    private readonly RowReader _reader = new(rows, decoder, logger);
    private Marks _marks;

    /// <exception cref="FencedException">The node has come back, or another one has taken over: the rest is its.</exception>
    public async Task RunAsync(Marks marks, CancellationToken stop)
    {
        await using var _ = rows;
        _marks = marks;
        LogAdopting(rows.Node, marks.Done);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (working, keeping) = (WorkOff(end.Token), KeepLease(end.Token));
        await Task.WhenAny(working, keeping);
        await end.CancelAsync();
        try { await Task.WhenAll(working, keeping); }
        catch (Exception e) when (working.IsCompletedSuccessfully && e is (OperationCanceledException or FencedException)) { } // given up: no lease to keep
    }

    /// <summary>Terminals first: they do not wait for a time-series database that is away.</summary>
    private async Task WorkOff(CancellationToken stop)
    {
        while (!await TryGiveToTerminals(stop)) await Task.Delay(TimeSpan.FromMilliseconds(500), time, stop);
        var accepted = new List<Task>();
        var recorded = await ForEachRow(_marks.History, async delivery => accepted.Add(await Record(delivery.Reports, stop)), stop);
        await Task.WhenAll(accepted).WaitAsync(stop);
        await rows.MarkAsync(_marks with { History = recorded }, stop);
        await rows.ReleaseAsync(stop);
        LogAdopted(rows.Node);
    }

    private async Task<bool> TryGiveToTerminals(CancellationToken stop)
    {
        try
        {
            var deaths = checkpoints.Deaths;
            var last = await ForEachRow(_marks.Grains, delivering.ApplyAsync, stop);
            if (await checkpoints.AskAsync(deaths) != CheckpointResult.Done) return false;
            _marks = _marks with { Grains = last };
            await rows.MarkAsync(_marks, stop); // at once: the others hold their terminals back for it
            return true;
        }
        catch (Exception e) when (e is not (OperationCanceledException or FencedException))
        {
            LogAgain(rows.Node, e.Message);
            return false;
        }
    }

    /// <summary>However long history or a terminal lets us wait, nobody else takes the journal from us.</summary>
    private async Task KeepLease(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(s_renewal, time);
        while (await timer.WaitForNextTickAsync(stop)) await rows.MarkAsync(_marks, stop);
    }

    /// <returns>The last position there was.</returns>
    private async Task<long> ForEachRow(long after, Func<Delivery, Task> deliver, CancellationToken stop)
    {
        while (await _reader.ReadAsync(after, stop) is { Count: > 0 } waiting)
        {
            foreach (var row in waiting)
            {
                var delivery = await _reader.DecodeAsync(row, stop);
                IngestMetrics.Replayed.Add(delivery.Entries);
                await deliver(delivery).WaitAsync(stop);
                after = row.Position;
            }
        }
        return after;
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

    [LoggerMessage(1503, LogLevel.Warning, "The journal of {Node} could not be given to the terminals ({Message}); starting again")]
    private partial void LogAgain(string node, string message);

    [LoggerMessage(1502, LogLevel.Information, "The journal of {Node} is worked off and given up")]
    private partial void LogAdopted(string node);
}
