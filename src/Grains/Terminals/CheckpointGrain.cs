using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Fleet.Grains.Terminals;

/// <summary>The state writer of one silo, keyed by the silo's address: how one silo asks another to persist what it has applied.</summary>
public interface ICheckpointGrain : IGrainWithStringKey
{
    Task<Checkpointed> Checkpoint();

    /// <summary>How often the silo has lost something since it began; answers also while it persists.</summary>
    [AlwaysInterleave]
    Task<long> Losses();
}

/// <param name="Losses">How often this silo has lost something since it began: whoever sees it grow replays.</param>
[GenerateSerializer, Immutable, Alias("fleet.checkpointed")]
public readonly record struct Checkpointed([property: Id(0)] CheckpointResult Result, [property: Id(1)] long Losses);

[OnKeyedSilo]
public sealed class CheckpointGrain(StateWriter writer) : Grain, ICheckpointGrain
{
    public async Task<Checkpointed> Checkpoint()
    {
        var result = await writer.CheckpointAsync(CancellationToken.None);
        return new(result, writer.Losses);
    }

    public Task<long> Losses() => Task.FromResult(writer.Losses);
}

/// <summary>Places a grain on the silo whose address is its key; where that silo is gone the call fails.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnKeyedSiloAttribute() : PlacementAttribute(new OnKeyedSilo());

[GenerateSerializer, Immutable]
public sealed class OnKeyedSilo : PlacementStrategy;

public sealed class OnKeyedSiloDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString();
        foreach (var silo in context.GetCompatibleSilos(target))
            if (silo.ToParsableString() == key) return Task.FromResult(silo);
        throw new OrleansException($"silo {key} is not in the cluster");
    }
}
