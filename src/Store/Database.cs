using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Fleet.Store;

/// <summary>
/// The store: SQLite files in the data folder by default, PostgreSQL by connection string. The SQL of the house is
/// portable; what differs is here. A room names its own tables in <see cref="EnsureAsync"/> when it starts.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private readonly NpgsqlDataSource? _postgres;
    private readonly string? _sqlite;

    static Database() => SQLitePCL.Batteries_V2.Init();

    private Database(NpgsqlDataSource postgres) => _postgres = postgres;

    private Database(string file) =>
        (File, _sqlite) = (file, new SqliteConnectionStringBuilder { DataSource = file, Pooling = true, DefaultTimeout = 30 }.ToString());

    public bool IsPostgres => _postgres is not null;

    /// <summary>The file of a SQLite database; null for a server's.</summary>
    public string? File { get; }

    /// <summary>The database's own clock in a statement, Unix ms: one clock for all nodes.</summary>
    public string NowMs => IsPostgres ? "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)" : "cast(unixepoch('subsec') * 1000 as integer)";

    /// <summary>The name of a column type that holds bytes.</summary>
    public string Blob => IsPostgres ? "bytea" : "blob";

    /// <summary>The condition that a column's value is in a list given as parameter: <c>$"id {database.Among("@ids")}"</c>. Dapper spells lists out for SQLite alone.</summary>
    public string Among(string parameter) => IsPostgres ? $"= any({parameter})" : $"in {parameter}";

    /// <summary>
    /// Several silos share one server, whose own limit is 100 connections: a pool takes at most 30 unless the connection
    /// string says otherwise. A process that stands still in a transaction (a paused machine) loses it, for others wait
    /// for its rows.
    /// </summary>
    public static Database Postgres(string connectionString) => new(NpgsqlDataSource.Create(Settings(connectionString).ConnectionString));

    /// <summary>The connection string with what the house adds to it.</summary>
    public static NpgsqlConnectionStringBuilder Settings(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!IsSet("Maximum Pool Size")) settings.MaxPoolSize = 30;
        // After a failover the new primary shall be found within a second; Npgsql remembers for ten who was none.
        if (!IsSet("Host Recheck Seconds")) settings.HostRecheckSeconds = 1;
        settings.Options ??= "-c idle_in_transaction_session_timeout=5s";
        return settings;

        bool IsSet(string keyword) => settings.Keys.Cast<string>().Contains(keyword); // ContainsKey says yes to every keyword there is (npgsql#6463)
    }

    /// <summary>
    /// Of a SQLite file that is made new; an older one keeps its 4 KiB. A journal's rows are hundreds of KiB: what is written,
    /// copied out of the log and deleted a page at a time takes a quarter of the calls (docs/decisions, where each microsecond goes).
    /// </summary>
    public const int PageBytes = 16 * 1024;

    /// <param name="path">The file; its folder is made where it is missing.</param>
    public static Database Sqlite(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new(path);
    }

    /// <summary>Opens a connection. SQLite: WAL with <c>synchronous=FULL</c>, so a commit is on disk when it returns (sqlite.org/pragma.html#pragma_synchronous).</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken stop = default)
    {
        if (_postgres is not null) return await _postgres.OpenConnectionAsync(stop);
        var connection = new SqliteConnection(_sqlite);
        await connection.OpenAsync(stop);
        await connection.ExecuteAsync($"pragma page_size={PageBytes}; pragma journal_mode=wal; pragma synchronous=full; pragma busy_timeout=30000; pragma foreign_keys=on;");
        return connection;
    }

    /// <summary>Runs a room's table definitions; <c>{blob}</c> stands for the store's type of bytes, bigint for 64-bit numbers.</summary>
    public async Task EnsureAsync(string definitions, CancellationToken stop = default)
    {
        await using var connection = await OpenAsync(stop);
        // Silos of a cluster start together: PostgreSQL's "if not exists" is not safe against itself, so they take turns.
        if (IsPostgres) await connection.ExecuteAsync("select pg_advisory_lock(7240)");
        await connection.ExecuteAsync(new CommandDefinition(definitions.Replace("{blob}", Blob, StringComparison.Ordinal), cancellationToken: stop));
        if (IsPostgres) await connection.ExecuteAsync("select pg_advisory_unlock(7240)");
    }

    /// <summary>Adds a column that tables of an earlier release lack.</summary>
    public async Task EnsureColumnAsync(string table, string column, string definition, CancellationToken stop = default)
    {
        await using var connection = await OpenAsync(stop);
        if (IsPostgres) await connection.ExecuteAsync(new CommandDefinition($"alter table {table} add column if not exists {column} {definition}", cancellationToken: stop));
        else if (await connection.ExecuteScalarAsync<long>("select count(*) from pragma_table_info(@table) where name = @column", new { table, column }) == 0)
            await connection.ExecuteAsync($"alter table {table} add column {column} {definition}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        else SqliteConnection.ClearPool(new SqliteConnection(_sqlite));
    }
}
