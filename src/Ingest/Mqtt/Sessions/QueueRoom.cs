namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>What the sessions of a node hold for their clients together; a message that several wait for counts for each of them.</summary>
internal sealed class QueueRoom(long maxBytes)
{
    /// <summary>What a message costs beside its content, about.</summary>
    private const int Overhead = 200;

    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether so much fits that was not held before.</summary>
    public bool Has(int bytes) => Bytes + bytes <= maxBytes;

    public void Take(Message message) => Interlocked.Add(ref _bytes, Size(message));

    public void GiveBack(Message message) => Interlocked.Add(ref _bytes, -Size(message));

    public static int Size(Message message) => message.Bytes + Overhead;
}
