using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Fleet.Store;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// Knows which journals belong to the dead. From the news of a silo's death until its journal has reached the terminals
/// nothing newer does: reports come to a terminal in the order they were made, whichever node took them.
/// </summary>
public sealed partial class DeadJournals : ISiloStatusListener, IDisposable
{
    /// <summary>After this the others go on all the same, and what the dead journal brings is late.</summary>
    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly ISiloStatusOracle _silos;
    private readonly LocalTerminals _local;
    private readonly Database _database;
    private readonly NodeOptions _node;
    private readonly TimeProvider _time;
    private readonly ILogger<DeadJournals> _logger;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0);
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource? _hold;
    private long _heldSince;

    public DeadJournals(ISiloStatusOracle silos, LocalTerminals local, [FromKeyedServices(IngestRoom.JournalDatabase)] Database database,
        NodeOptions node, TimeProvider time, ILogger<DeadJournals> logger)
    {
        (_silos, _local, _database, _node, _time, _logger) = (silos, local, database, node, time, logger);
        silos.SubscribeToSiloStatusEvents(this);
    }

    /// <summary>The name under which this process holds journals.</summary>
    public string NewOwner() => Lease.OwnerName(_silos.SiloAddress.ToParsableString(), _node.Node);

    /// <summary>Completes with the news of a death, or after <paramref name="longest"/>.</summary>
    public Task NewsAsync(TimeSpan longest, CancellationToken stop) => _news.WaitAsync(longest, stop);

    /// <summary>Journals that somebody has to adopt: their holder is dead, or nobody knows it and it is silent.</summary>
    public async Task<IReadOnlyList<Lease>> OrphansAsync(CancellationToken stop)
    {
        // A SQLite file has one process: journals of other names in it are its own from before it was renamed.
        var leases = await JournalClaims.LeasesAsync(_database, _database.IsPostgres ? _node.Lease : TimeSpan.FromSeconds(-1), stop);
        var (statuses, self) = (Statuses(), _silos.SiloAddress.ToParsableString());
        // What this process has adopted and not finished is its own to go on with.
        return [.. leases.Where(lease => lease.Node != _node.Node && (IsOrphan(lease, statuses) || lease.Silo == self))];
    }

    /// <summary>Holds the terminals of this process back until the journals of the dead have been given to them.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _heldSince = _time.GetTimestamp();
            if (_hold is not null) return;
            _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _local.Hold = _hold.Task;
        }
        _ = Task.Run(() => EndHoldAsync(_stop.Token));
    }

    void ISiloStatusListener.SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status != SiloStatus.Dead || !_database.IsPostgres) return;
        Hold();
        _news.Release();
    }

    public void Dispose()
    {
        _silos.UnSubscribeFromSiloStatusEvents(this);
        _stop.Cancel();
        lock (_lock) _hold?.TrySetCanceled();
        _news.Dispose();
    }

    private async Task EndHoldAsync(CancellationToken stop)
    {
        var began = _time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var left = await UnappliedAsync(stop);
            lock (_lock)
            {
                if (left is [] || _time.GetElapsedTime(_heldSince) > s_longestHold)
                {
                    if (left is not []) LogGaveUp(string.Join(", ", left));
                    if (_time.GetElapsedTime(began) > s_look) LogHeld(_time.GetElapsedTime(began).TotalSeconds);
                    _hold?.TrySetResult();
                    _hold = null;
                    return;
                }
            }
            await Task.Delay(s_look, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Nodes whose holder is dead, or whose journal another works off, and whose rows the terminals do not have yet.</summary>
    private async Task<string[]> UnappliedAsync(CancellationToken stop)
    {
        try
        {
            var (leases, statuses) = (await JournalClaims.LeasesAsync(_database, _node.Lease, stop), Statuses());
            return [.. leases.Where(lease => lease.HasUnapplied && lease.Node != _node.Node && (lease.IsAdopted || IsOrphan(lease, statuses))).Select(lease => lease.Node)];
        }
        catch (Exception e) { return [e.Message]; } // the store is away: nobody can know
    }

    private Dictionary<string, SiloStatus> Statuses() =>
        _silos.GetApproximateSiloStatuses().ToDictionary(silo => silo.Key.ToParsableString(), silo => silo.Value);

    private static bool IsOrphan(Lease lease, Dictionary<string, SiloStatus> statuses) =>
        statuses.TryGetValue(lease.Silo, out var status) ? status == SiloStatus.Dead : lease.IsSilent;

    [LoggerMessage(1504, LogLevel.Information, "Terminals were held back for {Seconds:F1} s for the journals of dead nodes")]
    private partial void LogHeld(double seconds);

    [LoggerMessage(1505, LogLevel.Warning, "Terminals are no longer held back, though the journal of {Nodes} has not reached them; what it brings is late")]
    private partial void LogGaveUp(string nodes);
}
