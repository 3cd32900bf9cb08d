namespace Fleet.Bench.Fuzz;

/// <summary>What all lanes together have sent and seen.</summary>
internal sealed class FuzzTally(long packets)
{
    /// <summary>The terminals whose CONNECT is mutated; lanes come after them.</summary>
    public static readonly int[] ConnectTerminals = [.. Enumerable.Range(0, 16)];

    private long _packets, _connections, _accepted, _survived, _stuck;
    private string? _unsound;

    /// <summary>Packets that the server has read for certain: those whose PINGREQ was answered, and the one it hung up for.</summary>
    public long Packets => Interlocked.Read(ref _packets);
    public long Connections => Interlocked.Read(ref _connections);
    public long Accepted => Interlocked.Read(ref _accepted);
    public long Survived => Interlocked.Read(ref _survived);

    /// <summary>Connections that the server left open although their other end had closed.</summary>
    public long StuckConnections => Interlocked.Read(ref _stuck);

    /// <summary>Something that it sent and no client understands.</summary>
    public string? Unsound => Volatile.Read(ref _unsound);

    public bool IsFull => Packets >= packets || Stopped;

    public bool Stopped { get; set; }

    public void Stuck() => Interlocked.Increment(ref _stuck);

    public void Add(Answers answers, bool isHungUp)
    {
        Interlocked.Add(ref _packets, answers.PingResponses + (isHungUp ? 1 : 0));
        Interlocked.Add(ref _survived, answers.PingResponses);
        Interlocked.Increment(ref _connections);
        if (answers.IsAccepted) Interlocked.Increment(ref _accepted);
        if (answers.Unsound is { } unsound) Volatile.Write(ref _unsound, unsound);
    }
}
