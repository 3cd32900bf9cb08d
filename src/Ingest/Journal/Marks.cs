namespace Fleet.Ingest.Journal;

/// <summary>How far a journal has been worked off: below both marks its rows are deleted.</summary>
public readonly record struct Marks(long Grains, long History)
{
    public long Done => Math.Min(Grains, History);
}

/// <summary>Another process took the journal over: nothing more may be written or acknowledged under the old epoch.</summary>
public sealed class FencedException(string node) : Exception($"the journal of node '{node}' belongs to another process now");
