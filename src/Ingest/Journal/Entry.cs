using System.Buffers.Binary;
using System.Text;
using Fleet.Grains.Reports;

namespace Fleet.Ingest.Journal;

/// <summary>What an entry of the journal is: a payload of one section, or a fact of presence.</summary>
public enum EntryKind : byte
{
    Report = (byte)Section.Report,
    Event = (byte)Section.Event,
    Heartbeat = (byte)Section.Heartbeat,
    Printer = (byte)Section.Printer,
    Signal = (byte)Section.Signal,
    Reader = (byte)Section.Reader,
    Payment = (byte)Section.Payment,
    Power = (byte)Section.Power,
    System = (byte)Section.System,
    Security = (byte)Section.Security,
    /// <summary>Payload: which session, 8 bytes little-endian (<see cref="Mqtt.Sessions.SessionTable"/>); empty where it is not the terminal's own.</summary>
    Online = 100,
    /// <summary>Payload as <see cref="Online"/>'s.</summary>
    Offline = 101,
    /// <summary>Payload: when the terminal was last heard, Unix ms, 8 bytes little-endian.</summary>
    Tick = 102,
    /// <summary>The answer to a command, as <see cref="Commands.CommandResults"/> writes it.</summary>
    Result = 103,
    /// <summary>Something of the terminal was refused before it came here. Payload: why, the byte of the <see cref="Refusal"/>.</summary>
    Refused = 104,
}

/// <summary>
/// One entry as it stands in a batch: total length (4 bytes), kind (1), serial length (1), received at (8, Unix ms),
/// serial (ASCII), payload. Little-endian.
/// </summary>
public readonly ref struct Entry(EntryKind kind, long receivedAtMs, ReadOnlySpan<byte> serial, ReadOnlySpan<byte> payload)
{
    private const int HeaderBytes = 14;

    /// <summary>The longest serial, from one length byte and docs/wire.md.</summary>
    public const int MaxSerialBytes = 64;

    public EntryKind Kind { get; } = kind;
    public long ReceivedAtMs { get; } = receivedAtMs;
    public ReadOnlySpan<byte> Serial { get; } = serial;
    public ReadOnlySpan<byte> Payload { get; } = payload;

    public int Length => HeaderBytes + Serial.Length + Payload.Length;

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, Length);
        to[4] = (byte)Kind;
        to[5] = (byte)Serial.Length;
        BinaryPrimitives.WriteInt64LittleEndian(to[6..], ReceivedAtMs);
        Serial.CopyTo(to[HeaderBytes..]);
        Payload.CopyTo(to[(HeaderBytes + Serial.Length)..]);
    }

    /// <summary>Reads the entry at the start of <paramref name="from"/> and moves past it; false at the end.</summary>
    /// <exception cref="InvalidDataException">The bytes are no batch.</exception>
    public static bool TryRead(ref ReadOnlySpan<byte> from, out Entry entry)
    {
        entry = default;
        if (from.IsEmpty) return false;
        var length = from.Length < HeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(from);
        var payloadAt = length < HeaderBytes ? 0 : HeaderBytes + from[5];
        if (length < payloadAt || length < HeaderBytes || length > from.Length)
            throw new InvalidDataException($"a journal entry claims {length} bytes where {from.Length} are left");
        if (from[5] > MaxSerialBytes) throw new InvalidDataException($"a journal entry claims a serial of {from[5]} bytes");
        entry = new((EntryKind)from[4], BinaryPrimitives.ReadInt64LittleEndian(from[6..]), from[HeaderBytes..payloadAt], from[payloadAt..length]);
        from = from[length..];
        return true;
    }

    public override string ToString() => $"{Kind} of {Encoding.ASCII.GetString(Serial)}, {Payload.Length} bytes";
}
