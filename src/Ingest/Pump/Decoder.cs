using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Journal;

namespace Fleet.Ingest.Pump;

/// <summary>One journal row, decoded: its inputs in order, and the reports among them. Filled again and again.</summary>
internal sealed class Delivery
{
    public List<Report> Reports { get; } = [];
    public List<(Addressee To, Input Input)> Inputs { get; } = [];
    public List<CommandResult> Results { get; } = [];
    public int Entries { get; set; }
}

/// <summary>Decodes journal rows, each payload once for history and grains alike. One per reading loop.</summary>
internal sealed class Decoder(IGrainFactory grains)
{
    private readonly ReportReader _reader = new();
    private readonly Addressees _addressees = new(grains);

    public Decoder ForAnotherLoop() => new(grains);

    /// <param name="delivery">Emptied and filled.</param>
    /// <param name="again">The row was decoded before: its refusals are counted already.</param>
    public Delivery Decode(long position, ReadOnlySpan<byte> batch, Delivery delivery, bool again = false)
    {
        delivery.Reports.Clear();
        delivery.Inputs.Clear();
        delivery.Results.Clear();
        delivery.Entries = 0;
        while (TryReadEntry(position, ref batch, out var entry))
        {
            if (entry.Kind == EntryKind.Result)
            {
                delivery.Results.Add(CommandResults.Read(entry));
                delivery.Entries++;
                continue;
            }
            var to = _addressees.Find(entry.Serial);
            // The ordinal numbers entries over all batches: at most 2^20 entries fit in one (JournalOptions.BatchBytes).
            if (TryRead(entry, to.Serial, (position << 20) + delivery.Entries, again, out var input))
            {
                if (input.Report is { } report) delivery.Reports.Add(report);
                delivery.Inputs.Add((to, input));
            }
            delivery.Entries++;
        }
        return delivery;
    }

    private static bool TryReadEntry(long position, ref ReadOnlySpan<byte> batch, out Entry entry)
    {
        var left = batch.Length;
        try
        {
            if (!Entry.TryRead(ref batch, out entry)) return false;
            var isKnown = entry.Kind switch
            {
                EntryKind.Silent => entry.Payload.Length == sizeof(long),
                EntryKind.Online or EntryKind.Offline => entry.Payload.Length is 0 or sizeof(long),
                EntryKind.Result => CommandResults.IsWhole(entry.Payload),
                _ => entry.Kind <= EntryKind.Security,
            };
            if (isKnown) return true;
            throw new InvalidDataException($"an entry of kind {entry.Kind} with {entry.Payload.Length} bytes is none that this program writes");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"row {position} of the journal is damaged, {left} bytes before its end: {e.Message}", e);
        }
    }

    private static long Number(in Entry entry) => entry.Payload.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(entry.Payload);

    private bool TryRead(in Entry entry, string serial, long ordinal, bool again, out Input input)
    {
        switch (entry.Kind)
        {
            case EntryKind.Online: input = new(InputKind.Online, entry.ReceivedAtMs, Session: Number(entry)); return true;
            case EntryKind.Offline: input = new(InputKind.Offline, entry.ReceivedAtMs, Session: Number(entry)); return true;
            case EntryKind.Silent:
                input = new(InputKind.Silent, entry.ReceivedAtMs, HeardAtMs: Number(entry));
                return true;
        }
        var refusal = _reader.Read(entry.Payload, serial, (Section)entry.Kind, entry.ReceivedAtMs, ordinal, out var report);
        input = new(InputKind.Report, entry.ReceivedAtMs, report);
        if (refusal == Refusal.None) return true;
        if (!again) IngestMetrics.Refused(refusal);
        return false;
    }
}
