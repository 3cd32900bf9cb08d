using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Fleet.Store;
using Microsoft.Data.Sqlite;

namespace Fleet.Ingest.Journal;

/// <summary>One row as the store gives it back.</summary>
/// <param name="Unreadable">Why the store could not give its bytes; null where it could.</param>
public readonly record struct StoredRow(long Position, byte[] Batch, string? Unreadable = null);

/// <summary>
/// A journal's rows in the store, under one epoch: <c>journal(node, position, batch)</c> and one lease row a node with
/// its epoch and marks. SQLite and PostgreSQL by the same statements. One writer; reading opens its own connections.
/// </summary>
public sealed class JournalRows : IAsyncDisposable
{
    public const string Tables = """
        create table if not exists journal (
          node text not null, position bigint not null, batch {blob} not null, primary key (node, position));
        create table if not exists journal_lease (
          node text primary key, epoch bigint not null, owner text not null, renewed_at bigint not null,
          grains bigint not null, history bigint not null);
        create table if not exists journal_damaged (
          node text not null, position bigint not null, found_at bigint not null, reason text not null, batch {blob} not null);
        """;

    /// <summary>How much one read takes into memory, but for a single larger row.</summary>
    private const long ReadBytes = 8 * 1024 * 1024;

    /// <summary>So many rows are looked at, or cut, in one statement.</summary>
    private const int MostRows = 1000;

    /// <summary>The rest of what may go goes with the next marks, a second later: the lease must not wait for it.</summary>
    internal const int MostSlices = 40;

    private readonly Database _database;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _marking = new(1, 1);

    /// <summary>A SQLite file has one writer at a time, and who finds it taken sleeps longer and longer; null where writers do not wait for each other.</summary>
    private readonly SemaphoreSlim? _turn;
    private DbConnection _connection;
    private RowInsert _insert;
    private long _last, _bytes, _count;
    private bool _countAgain;

    private JournalRows(Database database, string node, long epoch, string owner, DbConnection connection)
    {
        (_database, Node, Epoch, Owner, _connection, _turn) = (database, node, epoch, owner, connection, database.IsPostgres ? null : new(1, 1));
        _insert = PrepareInsert();
    }

    public string Node { get; }
    public long Epoch { get; }

    /// <summary>A name no other process ever has: epochs begin again where a journal was given up, owners do not.</summary>
    public string Owner { get; }

    /// <summary>The last row that is there, or was when this was opened.</summary>
    internal long Last { get { lock (_lock) return _last; } }

    /// <summary>How many bytes are cut at once: SQLite takes some 2 ms a MiB, and a commit waits for no more than these.</summary>
    internal long CutBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>What is kept: counted once when opened, carried along from then on.</summary>
    public (long Rows, long Bytes) Kept { get { lock (_lock) return (Math.Max(0, _count), Math.Max(0, _bytes)); } }

    internal static async Task<JournalRows> OpenAsync(Database database, string node, long epoch, string owner, DbConnection connection, CancellationToken stop)
    {
        var rows = new JournalRows(database, node, epoch, owner, connection);
        rows._last = await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            "select max(position) from journal where node = @node", new { node }, cancellationToken: stop)) ?? 0;
        try { await rows.CountAsync(connection, stop); }
        catch (DbException e) when (IsDamage(e)) { rows._countAgain = true; } // its readable rows are worth more than their number
        return rows;
    }

    /// <summary>Commits one row; on disk when it returns.</summary>
    /// <exception cref="FencedException">The epoch is over.</exception>
    public void Insert(long position, byte[] batch, int length)
    {
        _turn?.Wait();
        try { if (!_insert.Execute(position, batch, length)) throw new FencedException(Node); }
        finally { _turn?.Release(); }
        Inserted(position, length);
    }

    /// <summary>Opens the writer's connection anew after the store was away.</summary>
    public async Task ReconnectAsync(CancellationToken stop)
    {
        await _insert.DisposeAsync();
        await _connection.DisposeAsync();
        _connection = await _database.OpenAsync(stop);
        _insert = PrepareInsert();
    }

    /// <summary>Whether our row is there after all. Under a later epoch a row of that position is another process's.</summary>
    public async Task<bool> HasAsync(long position, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        var length = await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            """
            select length(batch) from journal join journal_lease on journal_lease.node = journal.node
            where journal.node = @Node and position = @position and epoch = @Epoch and owner = @Owner
            """, new { Node, position, Epoch, Owner }, cancellationToken: stop));
        if (length is { } bytes && position > Last) Inserted(position, bytes);
        return length is not null;
    }

    /// <summary>Why the disk of a SQLite journal is too full for another row; null where it is not. The writer's own thread asks.</summary>
    /// <remarks>
    /// Space that deleted rows left inside the file counts as well: SQLite does not give it back to the disk. A quarter of
    /// the spare space must be free all the same, for the write-ahead logs.
    /// </remarks>
    public string? Shortage(long spareBytes)
    {
        if (_database.File is not { } file) return null;
        var disk = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(file))!).AvailableFreeSpace;
        if (disk >= spareBytes) return null;
        var inside = _connection.ExecuteScalar<long>("pragma freelist_count") * _connection.ExecuteScalar<long>("pragma page_size");
        return disk >= spareBytes / 4 && disk + inside >= spareBytes ? null
            : $"the disk of {file} has {disk} bytes left, less than Journal:SpareBytes ({spareBytes})";
    }

    /// <summary>The row up to which the oldest must go so that <paramref name="bytes"/> at most are left; 0 when all may stay.</summary>
    public async Task<long> LastBeyondAsync(long bytes, CancellationToken stop)
    {
        var excess = Kept.Bytes - bytes;
        if (excess <= 0) return 0;
        await using var connection = await _database.OpenAsync(stop);
        var last = 0L;
        // Reads no further than what must go: a backlog of gigabytes is not summed up again each time.
        foreach (var (position, length) in connection.Query<(long, long)>(
            "select position, length(batch) from journal where node = @Node order by position", new { Node }, buffered: false))
        {
            if (excess <= 0) break;
            (last, excess) = (position, excess - length);
        }
        return last;
    }

    /// <summary>Writes the marks, keeps the lease, and deletes of what is below both marks as much as a second allows.</summary>
    /// <exception cref="FencedException">The epoch is over.</exception>
    public async Task MarkAsync(Marks marks, CancellationToken stop)
    {
        await _marking.WaitAsync(stop);
        try
        {
            await using var connection = await _database.OpenAsync(stop);
            if (await connection.ExecuteAsync(new CommandDefinition(
                $"""
                update journal_lease set grains = @Grains, history = @History, renewed_at = {_database.NowMs}
                where node = @Node and epoch = @Epoch and owner = @Owner
                """, new { marks.Grains, marks.History, Node, Epoch, Owner }, cancellationToken: stop)) == 0) throw new FencedException(Node);
            if (_countAgain) await CountAsync(connection, stop);
            await CutAsync(connection, marks.Done, stop);
        }
        finally { _marking.Release(); }
    }

    /// <summary>The rows after <paramref name="after"/>, in order: as many as fit in <see cref="ReadBytes"/>, and at least one where there is one.</summary>
    public async Task<IReadOnlyList<StoredRow>> ReadAsync(long after, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        try { return await ReadAsync(connection, after, stop); }
        catch (DbException e) when (IsDamage(e)) { return await ReadOneAsync(connection, after, stop); }
    }

    /// <summary>Keeps a damaged row's bytes for people before it is worked off; false where they are kept already.</summary>
    public async Task<bool> KeepDamagedAsync(StoredRow row, string reason, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        return await connection.ExecuteAsync(new CommandDefinition(
            $"""
            insert into journal_damaged (node, position, found_at, reason, batch) select @Node, @Position, {_database.NowMs}, @reason, @Batch
            where not exists (select 1 from journal_damaged where node = @Node and position = @Position and batch = @Batch)
            """, new { Node, row.Position, reason, row.Batch }, cancellationToken: stop)) > 0;
    }

    /// <summary>Gives a journal up that is worked off: what rows are left go, and its lease row, so that nobody adopts it again.</summary>
    public async Task ReleaseAsync(CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from journal where node = @Node and exists (select 1 from journal_lease where node = @Node and epoch = @Epoch and owner = @Owner);
            delete from journal_lease where node = @Node and epoch = @Epoch and owner = @Owner
            """, new { Node, Epoch, Owner }, cancellationToken: stop));
    }

    public async ValueTask DisposeAsync()
    {
        await _insert.DisposeAsync();
        await _connection.DisposeAsync();
        _marking.Dispose();
        _turn?.Dispose();
    }

    private async Task<IReadOnlyList<StoredRow>> ReadAsync(DbConnection connection, long after, CancellationToken stop)
    {
        var last = await LastWithinAsync(connection, after, long.MaxValue, ReadBytes, stop);
        if (last == after) return [];
        var rows = await connection.QueryAsync<(long Position, byte[] Bytes)>(new CommandDefinition(
            "select position, batch from journal where node = @Node and position > @after and position <= @last order by position",
            new { Node, after, last }, cancellationToken: stop));
        return [.. rows.Select(row => new StoredRow(row.Position, row.Bytes))];
    }

    /// <summary>Up to which row those between two positions have so many bytes at most, but for a single larger one; the first position where there are none.</summary>
    private async Task<long> LastWithinAsync(DbConnection connection, long after, long upTo, long most, CancellationToken stop)
    {
        var (last, bytes) = (after, 0L);
        await foreach (var (position, length) in connection.QueryUnbufferedAsync<(long, long)>(
            "select position, length(batch) from journal where node = @Node and position > @after and position <= @upTo order by position limit @MostRows",
            new { Node, after, upTo, MostRows }).WithCancellation(stop))
        {
            if (last > after && bytes + length > most) break;
            (last, bytes) = (position, bytes + length);
        }
        return last;
    }

    /// <summary>Somewhere behind there are pages that the store cannot read: row by row, and such a row without its bytes.</summary>
    private async Task<IReadOnlyList<StoredRow>> ReadOneAsync(DbConnection connection, long after, CancellationToken stop)
    {
        if (after >= Last) return [];
        try
        {
            var bytes = await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition(
                "select batch from journal where node = @Node and position = @next", new { Node, next = after + 1 }, cancellationToken: stop));
            return bytes is null ? [new(after + 1, [], "the row is missing")] : [new(after + 1, bytes)];
        }
        catch (DbException e) when (IsDamage(e)) { return [new(after + 1, [], e.Message)]; }
    }

    /// <summary>SQLITE_CORRUPT (sqlite.org/rescode.html#corrupt); class XX, data or index corrupted (PostgreSQL, appendix A).</summary>
    private static bool IsDamage(DbException e) => e is SqliteException { SqliteErrorCode: 11 } || e.SqlState?.StartsWith("XX", StringComparison.Ordinal) == true;

    private void Inserted(long position, long bytes)
    {
        lock (_lock) (_last, _count, _bytes) = (Math.Max(_last, position), _count + 1, _bytes + bytes);
    }

    /// <summary>Deletes the rows up to <paramref name="done"/>, some at a time, and between them leaves the store to the commits for as long as it took.</summary>
    private async Task CutAsync(DbConnection connection, long done, CancellationToken stop)
    {
        for (var (slice, cut) = (0, 0L); slice < MostSlices; slice++)
        {
            var last = await LastWithinAsync(connection, cut, done, CutBytes, stop);
            if (last == cut) break;
            cut = last;
            if (_turn is not null) await _turn.WaitAsync(stop);
            var began = Stopwatch.GetTimestamp();
            try
            {
                _countAgain = true; // until the answer is here nobody knows what is deleted
                var lengths = (await connection.QueryAsync<long>(new CommandDefinition(
                    "delete from journal where node = @Node and position <= @cut returning length(batch)", new { Node, cut }, cancellationToken: stop))).AsList();
                lock (_lock) (_count, _bytes) = (_count - lengths.Count, _bytes - lengths.Sum());
                _countAgain = false;
            }
            finally { _turn?.Release(); }
            if (_turn is not null) await Task.Delay(Stopwatch.GetElapsedTime(began), stop);
        }
    }

    private async Task CountAsync(DbConnection connection, CancellationToken stop)
    {
        var (last, before) = (0L, (Rows: 0L, Bytes: 0L));
        lock (_lock) (last, before) = (_last, (_count, _bytes));
        var (rows, bytes) = await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            "select count(*), coalesce(sum(length(batch)), 0) from journal where node = @Node and position <= @last", new { Node, last }, cancellationToken: stop));
        lock (_lock) (_count, _bytes) = (_count - before.Rows + rows, _bytes - before.Bytes + bytes);
    }

    private RowInsert PrepareInsert() => new(_connection, Node, Epoch, Owner);
}
