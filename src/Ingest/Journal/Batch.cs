namespace Fleet.Ingest.Journal;

/// <summary>Somebody who waits for commits: a session with acknowledgements to send.</summary>
public abstract class CommitListener
{
    internal long LastPosition { get; set; }

    /// <summary>Everything this listener appended up to <paramref name="position"/> is on disk. Called on the journal's thread: be brief.</summary>
    public abstract void Committed(long position);
}

/// <summary>One group commit: the entries of all sessions since the last one, one row of the store.</summary>
public sealed class Batch(int capacity)
{
    private readonly List<CommitListener> _listeners = [];
    private TaskCompletionSource _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Position { get; private set; }
    public byte[] Bytes { get; private set; } = new byte[capacity];
    public int Length { get; private set; }
    public int Entries { get; private set; }
    public ReadOnlySpan<byte> Content => Bytes.AsSpan(0, Length);

    /// <summary>How much of <see cref="Bytes"/> is the row, once it is sealed.</summary>
    internal int RowLength => Length + Seal.Bytes;

    internal Task Committed => _committed.Task;

    internal void Begin(long position)
    {
        (Position, Length, Entries) = (position, 0, 0);
        _listeners.Clear();
        _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal void Add(in Entry entry, CommitListener? listener)
    {
        if (RowLength + entry.Length > Bytes.Length) Grow(RowLength + entry.Length);
        entry.Write(Bytes.AsSpan(Length));
        Length += entry.Length;
        Entries++;
        if (listener is null || listener.LastPosition == Position) return;
        listener.LastPosition = Position;
        _listeners.Add(listener);
    }

    /// <param name="failed">Hears of a listener that threw: the others' acknowledgements are none of its business.</param>
    internal void TellCommitted(Action<Exception> failed)
    {
        foreach (var listener in _listeners)
        {
            try { listener.Committed(Position); }
            catch (Exception e) { failed(e); }
        }
        _listeners.Clear();
        _committed.TrySetResult();
    }

    internal void TellFailed(Exception why) => _committed.TrySetException(why);

    private void Grow(int needed)
    {
        var bytes = new byte[Math.Max(needed, Bytes.Length * 2)];
        Content.CopyTo(bytes);
        Bytes = bytes;
    }
}
