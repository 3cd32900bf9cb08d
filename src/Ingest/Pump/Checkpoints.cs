using Fleet.Grains.Terminals;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

public enum CheckpointResult : byte
{
    /// <summary>All that was applied before the question is persisted.</summary>
    Done,
    /// <summary>A silo did not answer, or is on its way out; nothing is known to be lost, ask again.</summary>
    Postponed,
    /// <summary>Something applied is lost: the journals must be replayed from their marks.</summary>
    Lost,
}

/// <summary>
/// Asks every silo to persist what it has applied. Where all did, everything applied before the question is safe;
/// where a silo has died or lost something, the journals must be replayed from their marks.
/// </summary>
public sealed partial class Checkpoints : ISiloStatusListener, IDisposable
{
    private readonly IGrainFactory _grains;
    private readonly ISiloStatusOracle _silos;
    private readonly ILogger<Checkpoints> _logger;
    private readonly Lock _lock = new();
    private readonly HashSet<SiloAddress> _dead = [];
    private readonly Dictionary<SiloAddress, int> _lossesOf = [];
    private int _losses;

    public Checkpoints(IGrainFactory grains, ISiloStatusOracle silos, ILogger<Checkpoints> logger)
    {
        (_grains, _silos, _logger) = (grains, silos, logger);
        silos.SubscribeToSiloStatusEvents(this);
    }

    /// <summary>Grows with every silo that dies and with every loss that one tells of.</summary>
    public int Losses
    {
        get
        {
            NoteDead();
            lock (_lock) return _losses;
        }
    }

    /// <param name="lossesSeen">Of <see cref="Losses"/>: those that have been made good by a replay.</param>
    public async Task<CheckpointResult> AskAsync(int lossesSeen)
    {
        var asked = _silos.GetApproximateSiloStatuses(onlyActive: true).Keys.ToArray();
        var answers = await Task.WhenAll(asked.Select(Ask));
        // Who is neither asked nor known to be dead may still have applied something.
        var leaving = _silos.GetApproximateSiloStatuses().Any(s => s.Value is SiloStatus.ShuttingDown or SiloStatus.Stopping);
        if (Losses != lossesSeen) return CheckpointResult.Lost;
        return asked.Length > 0 && !leaving && answers.All(done => done) ? CheckpointResult.Done : CheckpointResult.Postponed;
    }

    void ISiloStatusListener.SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead) NoteDead(updatedSilo);
    }

    public void Dispose() => _silos.UnSubscribeFromSiloStatusEvents(this);

    /// <summary>A silo leaves the list of those that are asked before the listeners hear of its death.</summary>
    private void NoteDead()
    {
        foreach (var (silo, status) in _silos.GetApproximateSiloStatuses())
            if (status == SiloStatus.Dead) NoteDead(silo);
    }

    private void NoteDead(SiloAddress silo)
    {
        lock (_lock)
        {
            if (!_dead.Add(silo)) return;
            _losses++;
            _lossesOf.Remove(silo);
        }
    }

    private async Task<bool> Ask(SiloAddress silo)
    {
        try
        {
            var answer = await _grains.GetGrain<ICheckpointGrain>(silo.ToParsableString()).Checkpoint();
            lock (_lock)
            {
                if (_lossesOf.GetValueOrDefault(silo) < answer.Losses) _losses++;
                _lossesOf[silo] = answer.Losses;
            }
            return answer.Done;
        }
        catch (Exception e)
        {
            LogUnanswered(e.Message, silo);
            return false;
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "Silo {Silo} did not answer a checkpoint: {Message}")]
    private partial void LogUnanswered(string message, SiloAddress silo);
}
