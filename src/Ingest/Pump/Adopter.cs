using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Journal;
using Fleet.Store;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>Looks for journals of the dead, at once when a silo has died, and works each off beside the others.</summary>
internal sealed partial class Adopter(
    Database database, DeadJournals dead, IHistory history, LocalTerminals local,
    Func<IReadOnlyList<CommandResult>, Task> results, Action<string> adopted, Checkpoints checkpoints, TimeProvider time, ILogger logger)
{
    private readonly Dictionary<string, Task> _working = [];

    /// <summary>Looks again at the latest after <paramref name="period"/>.</summary>
    public async Task RunAsync(string owner, TimeSpan period, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                try { await LookAsync(owner, stop); }
                catch (Exception e) when (e is not OperationCanceledException) { LogFailed(e); }
                await dead.NewsAsync(period, stop);
            }
        }
        finally { await Task.WhenAll(_working.Values); }
    }

    private async Task LookAsync(string owner, CancellationToken stop)
    {
        foreach (var lease in await dead.OrphansAsync(stop))
        {
            if (_working.TryGetValue(lease.Node, out var working) && !working.IsCompleted) continue;
            if (await JournalClaims.TryAdoptAsync(database, lease, owner, stop) is not { } claimed) continue;
            _working[lease.Node] = AdoptAsync(claimed.Rows, claimed.Marks, stop);
        }
    }

    private async Task AdoptAsync(JournalRows rows, Marks marks, CancellationToken stop)
    {
        try
        {
            await new Adoption(rows, history, new(local), new(local, results, ofTheDead: true), checkpoints, time, logger).RunAsync(marks, stop);
            adopted(rows.Node);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
        catch (Exception e) { LogLeft(e, rows.Node); } // fenced: its node is back, or another has taken over
    }

    [LoggerMessage(1506, LogLevel.Warning, "The journals of dead nodes could not be looked for; trying again")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(1507, LogLevel.Warning, "The journal of {Node} is left to another process")]
    private partial void LogLeft(Exception e, string node);
}
