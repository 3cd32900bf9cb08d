using Fleet.Grains.Terminals;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// Asks every silo to persist what it has applied. Where all did, everything applied before the question is safe;
/// where a silo has died or lost something, the journals must be replayed from their marks.
/// </summary>
public sealed partial class Checkpoints : ISiloStatusListener, IDisposable
{
    private readonly IGrainFactory _grains;
    private readonly ISiloStatusOracle _silos;
    private readonly ILogger<Checkpoints> _logger;
    private readonly Dictionary<SiloAddress, long> _losses = [];
    private readonly HashSet<SiloAddress> _dead = [];
    private int _deaths;

    public Checkpoints(IGrainFactory grains, ISiloStatusOracle silos, ILogger<Checkpoints> logger)
    {
        (_grains, _silos, _logger) = (grains, silos, logger);
        silos.SubscribeToSiloStatusEvents(this);
    }

    /// <summary>Grows with every silo that dies, and with everything that a living one says it has lost.</summary>
    public int Deaths
    {
        get
        {
            // A silo leaves the list of those that are asked before the listeners hear of its death.
            foreach (var (silo, status) in _silos.GetApproximateSiloStatuses())
                if (status == SiloStatus.Dead) NoteDead(silo);
            return Volatile.Read(ref _deaths);
        }
    }

    /// <remarks>A loss is told to every asker by <see cref="Deaths"/>: one journal's question must not use up the answer for another's.</remarks>
    /// <param name="deathsSeen">Of <see cref="Deaths"/>: those whose losses have been replayed.</param>
    public async Task<CheckpointResult> AskAsync(int deathsSeen)
    {
        var answers = await Task.WhenAll(_silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(Ask));
        // Who is on its way out is not asked any more, and may still have applied something.
        var isOneLeaving = _silos.GetApproximateSiloStatuses().Values.Any(status => status is SiloStatus.ShuttingDown or SiloStatus.Stopping);
        if (Deaths != deathsSeen) return CheckpointResult.Lost;
        return answers.Length == 0 || isOneLeaving ? CheckpointResult.Postponed : answers.Max();
    }

    /// <summary>Asks every silo what it has lost, and nothing else: <see cref="Deaths"/> grows where it has.</summary>
    public Task LookAsync() => Task.WhenAll(_silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(Look));

    void ISiloStatusListener.SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead) NoteDead(updatedSilo);
    }

    private void NoteDead(SiloAddress silo)
    {
        lock (_losses)
        {
            if (!_dead.Add(silo)) return;
            _losses.Remove(silo);
            Interlocked.Increment(ref _deaths);
        }
    }

    public void Dispose() => _silos.UnSubscribeFromSiloStatusEvents(this);

    private ICheckpointGrain Writer(SiloAddress silo) => _grains.GetGrain<ICheckpointGrain>(silo.ToParsableString());

    private void NoteLosses(SiloAddress silo, long losses)
    {
        lock (_losses)
        {
            if (losses <= _losses.GetValueOrDefault(silo)) return;
            _losses[silo] = losses;
            Interlocked.Increment(ref _deaths);
        }
    }

    private async Task Look(SiloAddress silo)
    {
        try { NoteLosses(silo, await Writer(silo).Losses()); }
        catch (Exception e) { LogUnanswered(e.Message, silo); }
    }

    private async Task<CheckpointResult> Ask(SiloAddress silo)
    {
        try
        {
            var (result, losses) = await Writer(silo).Checkpoint();
            NoteLosses(silo, losses);
            return result;
        }
        catch (Exception e)
        {
            LogUnanswered(e.Message, silo);
            return CheckpointResult.Postponed;
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "Silo {Silo} did not answer a checkpoint: {Message}")]
    private partial void LogUnanswered(string message, SiloAddress silo);
}
