using Fleet.Ingest.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// Reads a journal's rows from the store and decodes them. A damaged row is kept for people, said and counted before
/// what can still be read of it goes on its way: it holds up nobody, and nothing of it vanishes unsaid.
/// </summary>
internal sealed partial class RowReader(JournalRows rows, Decoder decoder, ILogger logger)
{
    private readonly Delivery _delivery = new();

    public string Node => rows.Node;

    public Task<IReadOnlyList<StoredRow>> ReadAsync(long after, CancellationToken stop) => rows.ReadAsync(after, stop);

    /// <returns>The row's inputs, good until the next call.</returns>
    public async Task<Delivery> DecodeAsync(StoredRow row, CancellationToken stop)
    {
        Begin();
        await AddAsync(row, stop);
        return _delivery;
    }

    /// <returns>An empty delivery for <see cref="AddAsync"/> to fill, good until the next call.</returns>
    public Delivery Begin()
    {
        _delivery.Clear();
        return _delivery;
    }

    /// <summary>Decodes another row behind those before it.</summary>
    public async Task AddAsync(StoredRow row, CancellationToken stop)
    {
        var before = _delivery.Entries;
        decoder.Add(row, _delivery);
        if (_delivery.Damage is { } damage) await NoteAsync(row, damage, _delivery.Entries - before, stop);
    }

    /// <summary>Rows that were committed, are not worked off, and are not there.</summary>
    public Task MissingAsync(long from, long to, CancellationToken stop) =>
        NoteAsync(new(from, []), $"rows {from} to {to} are missing", 0, stop);

    private async Task NoteAsync(StoredRow row, string damage, int entries, CancellationToken stop)
    {
        if (!await rows.KeepDamagedAsync(row, damage, stop)) return;
        IngestMetrics.RowsDamaged.Add(1);
        LogDamaged(rows.Node, row.Position, damage, entries, row.Batch.Length);
    }

    [LoggerMessage(1304, LogLevel.Critical, "Journal of {Node}: row {Position} is damaged ({Damage}); its first {Entries} entries are applied, its {Bytes} bytes are kept in the table journal_damaged")]
    private partial void LogDamaged(string node, long position, string damage, int entries, int bytes);
}
