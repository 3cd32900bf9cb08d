namespace Fleet.Grains.Terminals;

/// <summary>One terminal's state as the store has it.</summary>
/// <param name="Version">The row's ETag: 0 for a row that does not exist yet.</param>
/// <param name="Place">Where it lies in the store: states written in the order of their places touch each of its pages once. 0 where the store has no such order.</param>
public readonly record struct StoredState(byte[] State, long Version, long Place);

/// <summary>One state to be written.</summary>
/// <param name="Expected">The version the writer saw last; another one in the store means that the writer is stale.</param>
/// <param name="DueAtMs">When the terminal wants to be told that time has passed, Unix ms; 0 for not at all.</param>
/// <param name="SilentAfterMs">How long after it was last heard it counts as silent while it trades; 0 where it does already.</param>
/// <param name="State">A piece of what holds many: good until they are written.</param>
public readonly record struct StateWrite(string Serial, int Shard, long Expected, long DueAtMs, long SilentAfterMs, ReadOnlyMemory<byte> State);

/// <summary>A deadline as the store has it.</summary>
public readonly record struct Deadline(string Serial, long DueAtMs, long SilentAfterMs);

/// <summary>The wall to the store: where the terminals' states are persisted.</summary>
public interface ITerminalStates
{
    Task<StoredState?> LoadAsync(string serial);

    /// <summary>Writes all in one transaction; answers the serials whose version in the store was another one (they are not written).</summary>
    Task<IReadOnlyList<string>> SaveAsync(IReadOnlyList<StateWrite> states, CancellationToken stop);

    /// <summary>The deadlines of one presence shard.</summary>
    Task<IReadOnlyList<Deadline>> DeadlinesAsync(int shard, CancellationToken stop);
}
