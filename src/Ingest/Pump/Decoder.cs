using System.Buffers.Binary;
using System.Text;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Journal;

namespace Fleet.Ingest.Pump;

/// <summary>One journal row or several, decoded: their inputs in order, and the reports among them. Filled again and again.</summary>
internal sealed class Delivery
{
    public List<Report> Reports { get; } = [];

    /// <summary>Each with the terminal's activation where it lived in this process when this was decoded.</summary>
    public List<(string Serial, TerminalGrain? Here, Input Input)> Inputs { get; } = [];

    public List<CommandResult> Results { get; } = [];
    public int Entries { get; set; }
    public int Bytes { get; set; }

    /// <summary>Why the row added last is not what was written; null where it is. The inputs are those that could still be read.</summary>
    public string? Damage { get; set; }

    public void Clear()
    {
        Reports.Clear();
        Inputs.Clear();
        Results.Clear();
        (Entries, Bytes, Damage) = (0, 0, null);
    }
}

/// <summary>Decodes journal rows, each payload once for history and grains alike. One per reading loop.</summary>
internal sealed class Decoder(LocalTerminals local)
{
    private readonly ReportReader _reader = new();

    public Decoder ForAnotherLoop() => new(local);

    /// <summary>Entries that were committed just now, from memory.</summary>
    /// <param name="delivery">Emptied and filled.</param>
    public void Decode(long position, ReadOnlySpan<byte> entries, Delivery delivery)
    {
        delivery.Clear();
        Decode(position, entries, delivery, again: false);
    }

    /// <summary>A row from the store: it may be damaged, and its refusals are counted already.</summary>
    /// <param name="delivery">The row is added to it.</param>
    public void Add(in StoredRow row, Delivery delivery)
    {
        delivery.Damage = null;
        var isWhole = Seal.TryOpen(row.Batch, out var entries);
        Decode(row.Position, entries, delivery, again: true);
        delivery.Damage = row.Unreadable ?? delivery.Damage ?? (isWhole ? null : "its checksum is another one");
    }

    private void Decode(long position, ReadOnlySpan<byte> entries, Delivery delivery, bool again)
    {
        var before = delivery.Entries;
        delivery.Bytes += entries.Length;
        while (TryReadEntry(ref entries, delivery, out var entry))
        {
            if (entry.Kind == EntryKind.Result)
            {
                delivery.Results.Add(CommandResults.Read(entry));
                delivery.Entries++;
                continue;
            }
            var here = local.Find(entry.Serial);
            var serial = here?.Serial ?? Encoding.ASCII.GetString(entry.Serial);
            // The ordinal numbers entries over all batches: at most 2^20 entries fit in one (JournalOptions.BatchBytes).
            var input = Read(entry, serial, (position << 20) + delivery.Entries - before, again);
            if (input.Report is { } report) delivery.Reports.Add(report);
            delivery.Inputs.Add((serial, here, input));
            delivery.Entries++;
        }
    }

    private static bool TryReadEntry(ref ReadOnlySpan<byte> entries, Delivery delivery, out Entry entry)
    {
        var left = entries.Length;
        try
        {
            if (!Entry.TryRead(ref entries, out entry)) return false;
            var isKnown = entry.Kind switch
            {
                EntryKind.Tick => entry.Payload.Length == sizeof(long),
                EntryKind.Online or EntryKind.Offline => entry.Payload.Length is 0 or sizeof(long),
                EntryKind.Result => CommandResults.IsWhole(entry.Payload),
                EntryKind.Refused => entry.Payload.Length == 1,
                _ => entry.Kind <= EntryKind.Security,
            };
            if (isKnown) return true;
            throw new InvalidDataException($"an entry of kind {entry.Kind} with {entry.Payload.Length} bytes is none that this program writes");
        }
        catch (InvalidDataException e)
        {
            delivery.Damage = $"{left} bytes before its end {e.Message}";
            entry = default;
            return false;
        }
    }

    private static long Number(in Entry entry) => entry.Payload.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(entry.Payload);

    private Input Read(in Entry entry, string serial, long ordinal, bool again)
    {
        switch (entry.Kind)
        {
            case EntryKind.Online: return new(InputKind.Online, entry.ReceivedAtMs, Session: Number(entry));
            case EntryKind.Offline: return new(InputKind.Offline, entry.ReceivedAtMs, Session: Number(entry));
            case EntryKind.Tick: return new(InputKind.Tick, entry.ReceivedAtMs, HeardAtMs: Number(entry));
            case EntryKind.Refused: return new(InputKind.Refused, entry.ReceivedAtMs, Refusal: (Refusal)entry.Payload[0], Ordinal: ordinal); // counted at the door
        }
        var refusal = _reader.Read(entry.Payload, serial, (Section)entry.Kind, entry.ReceivedAtMs, ordinal, out var report);
        if (refusal == Refusal.None) return new(InputKind.Report, entry.ReceivedAtMs, report);
        if (!again) IngestMetrics.Refused(refusal);
        return new(InputKind.Refused, entry.ReceivedAtMs, Refusal: refusal, Ordinal: ordinal);
    }
}
