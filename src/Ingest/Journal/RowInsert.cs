using System.Data.Common;
using Fleet.Store;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;

namespace Fleet.Ingest.Journal;

/// <summary>
/// The statement that commits a journal's row, prepared once for a connection. With SQLite it goes past Microsoft.Data.Sqlite,
/// which copies a part of an array into a new one: for each commit as many bytes as the row has, on the heap of large objects.
/// </summary>
internal sealed class RowInsert : IAsyncDisposable
{
    private readonly DbCommand? _command;
    private readonly sqlite3? _sqlite;
    private readonly sqlite3_stmt? _statement;

    public RowInsert(DbConnection connection, string node, long epoch, string owner)
    {
        // "for share" makes a claim wait for a commit under the old epoch, and a late commit see the new epoch.
        var text = $"""
            insert into journal (node, position, batch) select @node, @position, @batch from journal_lease
            where node = @node and epoch = @epoch and owner = @owner {(connection is NpgsqlConnection ? "for share" : "")}
            """;
        if (connection is SqliteConnection { Handle: { } sqlite })
        {
            Check(raw.sqlite3_prepare_v2(sqlite, text, out _statement), sqlite);
            _sqlite = sqlite;
            Check(raw.sqlite3_bind_text(_statement, Index("@node"), node), sqlite);
            Check(raw.sqlite3_bind_int64(_statement, Index("@epoch"), epoch), sqlite);
            Check(raw.sqlite3_bind_text(_statement, Index("@owner"), owner), sqlite);
            return;
        }
        _command = connection.CreateCommand();
        _command.CommandText = text;
        _command.Parameters.Add(new NpgsqlParameter("node", node));
        _command.Parameters.Add(new NpgsqlParameter("epoch", epoch));
        _command.Parameters.Add(new NpgsqlParameter("owner", owner));
        _command.Parameters.Add(new NpgsqlParameter("position", (object)0L));
        _command.Parameters.Add(new NpgsqlParameter("batch", Array.Empty<byte>()));
        _command.Prepare();
    }

    /// <summary>Commits one row; false where the epoch is over.</summary>
    /// <exception cref="DbException">The store is away, full or broken.</exception>
    public bool Execute(long position, byte[] batch, int length)
    {
        if (_statement is not null) return Execute(_sqlite!, _statement, position, batch.AsSpan(0, length));
        _command!.Parameters["position"].Value = position;
        _command.Parameters["batch"].Value = new ArraySegment<byte>(batch, 0, length);
        return _command.ExecuteNonQuery() > 0;
    }

    public ValueTask DisposeAsync()
    {
        _statement?.Dispose();
        return _command?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private bool Execute(sqlite3 sqlite, sqlite3_stmt statement, long position, ReadOnlySpan<byte> row)
    {
        Check(raw.sqlite3_bind_int64(statement, Index("@position"), position), sqlite);
        Check(raw.sqlite3_bind_blob(statement, Index("@batch"), row), sqlite);
        var result = raw.sqlite3_step(statement);
        try { if (result != raw.SQLITE_DONE) Check(result, sqlite); }
        finally { raw.sqlite3_reset(statement); } // says the step's failure once more
        return raw.sqlite3_changes(sqlite) > 0;
    }

    private int Index(string parameter) => raw.sqlite3_bind_parameter_index(_statement!, parameter);

    private static void Check(int result, sqlite3 sqlite) => SqliteException.ThrowExceptionForRC(result, sqlite);
}
