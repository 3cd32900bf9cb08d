using System.Data.Common;
using Dapper;
using Fleet.Store;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Fleet.Ingest.Journal;

/// <summary>How far a journal has been worked off: below both marks its rows are deleted.</summary>
public readonly record struct Marks(long Grains, long History)
{
    public long Done => Math.Min(Grains, History);
}

/// <summary>Another process took the journal over: nothing more may be written or acknowledged under the old epoch.</summary>
public sealed class FencedException(string node) : Exception($"the journal of node '{node}' belongs to another process now");

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
        """;

    /// <summary>How much one read takes into memory, but for a single larger row.</summary>
    private const long ReadBytes = 8 * 1024 * 1024;

    private readonly Database _database;
    private DbConnection _connection;
    private DbCommand _insert;

    private JournalRows(Database database, string node, long epoch, string owner, DbConnection connection)
    {
        (_database, Node, Epoch, Owner, _connection) = (database, node, epoch, owner, connection);
        _insert = PrepareInsert();
    }

    public string Node { get; }
    public long Epoch { get; }

    /// <summary>A name no other process ever has: epochs begin again where a journal was given up, owners do not.</summary>
    public string Owner { get; }

    /// <summary>Takes the journal of a node, whoever held it: the epoch grows, and what the last holder still writes is refused.</summary>
    public static async Task<(JournalRows Rows, Marks Marks, long Last)> ClaimAsync(
        Database database, string node, string owner, TimeProvider time, CancellationToken stop)
    {
        await database.EnsureAsync(Tables, stop);
        var connection = await database.OpenAsync(stop);
        var (epoch, grains, history) = await connection.QuerySingleAsync<(long, long, long)>(new CommandDefinition(
            """
            insert into journal_lease (node, epoch, owner, renewed_at, grains, history) values (@node, 1, @owner, @now, 0, 0)
            on conflict (node) do update set epoch = journal_lease.epoch + 1, owner = @owner, renewed_at = @now
            returning epoch, grains, history
            """, new { node, owner, now = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken: stop));
        var last = await connection.ExecuteScalarAsync<long?>("select max(position) from journal where node = @node", new { node }) ?? 0;
        return (new(database, node, epoch, owner, connection), new(grains, history), Math.Max(last, Math.Max(grains, history)));
    }

    /// <summary>Journals whose holder has not renewed its lease since <paramref name="beforeMs"/> (Unix ms).</summary>
    public static async Task<IReadOnlyList<string>> OrphansAsync(Database database, long beforeMs, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return (await connection.QueryAsync<string>(new CommandDefinition(
            "select node from journal_lease where renewed_at < @beforeMs", new { beforeMs }, cancellationToken: stop))).AsList();
    }

    /// <summary>Whether somebody holds the journal of a node: the node itself once it is back, or who is adopting it.</summary>
    public static async Task<bool> IsHeldAsync(Database database, string node, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select count(*) from journal_lease where node = @node", new { node }, cancellationToken: stop)) > 0;
    }

    /// <summary>Claims an orphan unless somebody was faster.</summary>
    public static async Task<(JournalRows Rows, Marks Marks)?> TryAdoptAsync(
        Database database, string node, string owner, long beforeMs, TimeProvider time, CancellationToken stop)
    {
        var connection = await database.OpenAsync(stop);
        var lease = await connection.QueryAsync<(long, long, long)>(new CommandDefinition(
            """
            update journal_lease set epoch = epoch + 1, owner = @owner, renewed_at = @now
            where node = @node and renewed_at < @beforeMs returning epoch, grains, history
            """, new { node, owner, beforeMs, now = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken: stop));
        foreach (var (epoch, grains, history) in lease) return (new(database, node, epoch, owner, connection), new(grains, history));
        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Commits one batch; on disk when it returns.</summary>
    /// <exception cref="FencedException">The epoch is over.</exception>
    public void Insert(long position, byte[] batch, int length)
    {
        _insert.Parameters["position"].Value = position;
        var blob = _insert.Parameters["batch"];
        if (blob is SqliteParameter) (blob.Value, blob.Size) = (batch, length);
        else blob.Value = new ArraySegment<byte>(batch, 0, length);
        if (_insert.ExecuteNonQuery() == 0) throw new FencedException(Node);
    }

    /// <summary>Opens the writer's connection anew after the store was away.</summary>
    public async Task ReconnectAsync(CancellationToken stop)
    {
        await _insert.DisposeAsync();
        await _connection.DisposeAsync();
        _connection = await _database.OpenAsync(stop);
        _insert = PrepareInsert();
    }

    /// <summary>Whether our row is there. Under a later epoch a row of that position is another process's.</summary>
    public async Task<bool> HasAsync(long position, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            """
            select count(*) from journal join journal_lease on journal_lease.node = journal.node
            where journal.node = @Node and position = @position and epoch = @Epoch and owner = @Owner
            """, new { Node, position, Epoch, Owner }, cancellationToken: stop)) > 0;
    }

    /// <summary>The row up to which rows must go so that the newest ones, of <paramref name="bytes"/> at most, are left; 0 when all may stay.</summary>
    public async Task<long> LastBeyondAsync(long bytes, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        return await connection.ExecuteScalarAsync<long?>(new CommandDefinition(
            """
            select max(position) from (
              select position, sum(length(batch)) over (order by position desc) as kept from journal where node = @Node) as sums
            where kept > @bytes
            """, new { Node, bytes }, cancellationToken: stop)) ?? 0;
    }

    /// <summary>Writes the marks, keeps the lease, and deletes what is below both marks.</summary>
    /// <returns>How many bytes of rows are left.</returns>
    public async Task<long> MarkAsync(Marks marks, TimeProvider time, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var held = await connection.ExecuteAsync(new CommandDefinition(
            "update journal_lease set grains = @Grains, history = @History, renewed_at = @now where node = @Node and epoch = @Epoch and owner = @Owner",
            new { marks.Grains, marks.History, now, Node, Epoch, Owner }, cancellationToken: stop));
        if (held == 0) throw new FencedException(Node);
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from journal where node = @Node and position <= @Done", new { Node, marks.Done }, cancellationToken: stop));
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select coalesce(sum(length(batch)), 0) from journal where node = @Node", new { Node }, cancellationToken: stop));
    }

    /// <summary>The batches after <paramref name="after"/>, in order: as many as fit in <see cref="ReadBytes"/>, and at least one where there is one.</summary>
    public async Task<IReadOnlyList<(long Position, byte[] Batch)>> ReadAsync(long after, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        var sizes = await connection.QueryAsync<(long Position, long Bytes)>(new CommandDefinition(
            "select position, length(batch) from journal where node = @Node and position > @after order by position limit 1000",
            new { Node, after }, cancellationToken: stop));
        var (last, bytes) = (after, 0L);
        foreach (var size in sizes)
        {
            if (bytes > 0 && bytes + size.Bytes > ReadBytes) break;
            (last, bytes) = (size.Position, bytes + size.Bytes);
        }
        if (last == after) return [];
        return (await connection.QueryAsync<(long, byte[])>(new CommandDefinition(
            "select position, batch from journal where node = @Node and position > @after and position <= @last order by position",
            new { Node, after, last }, cancellationToken: stop))).AsList();
    }

    /// <summary>Gives an emptied journal up: its lease row goes, so that nobody adopts it again.</summary>
    public async Task ReleaseAsync(CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from journal_lease where node = @Node and epoch = @Epoch and owner = @Owner", new { Node, Epoch, Owner }, cancellationToken: stop));
    }

    // "for share" makes a claim wait for a commit under the old epoch, and a late commit see the new epoch.
    private DbCommand PrepareInsert()
    {
        var insert = _connection.CreateCommand();
        insert.CommandText = $"""
            insert into journal (node, position, batch) select @node, @position, @batch from journal_lease
            where node = @node and epoch = @epoch and owner = @owner {(_database.IsPostgres ? "for share" : "")}
            """;
        insert.Parameters.Add(Parameter("node", Node));
        insert.Parameters.Add(Parameter("epoch", Epoch));
        insert.Parameters.Add(Parameter("owner", Owner));
        insert.Parameters.Add(Parameter("position", 0L));
        insert.Parameters.Add(Parameter("batch", Array.Empty<byte>()));
        insert.Prepare();
        return insert;
    }

    private DbParameter Parameter(string name, object value) =>
        _database.IsPostgres ? new NpgsqlParameter(name, value) : new SqliteParameter(name, value);

    public async ValueTask DisposeAsync()
    {
        await _insert.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
