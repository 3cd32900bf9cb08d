using Fleet.Grains.Terminals;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Store;

/// <summary>
/// Writes states into SQLite one after the other, which is its fastest way, for it runs in this process. It goes past
/// Microsoft.Data.Sqlite, which binds and reads each time what is the same for all of a million rows.
/// </summary>
internal sealed class StateUpsert : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly int _serial, _shard, _version, _dueAt, _silentAfter, _state;

    /// <param name="text">The statement, with the parameters @serial, @shard, @version, @dueAt, @silentAfter and @state.</param>
    public StateUpsert(SqliteConnection connection, string text)
    {
        _database = connection.Handle ?? throw new ArgumentException("The connection is closed.", nameof(connection));
        Check(raw.sqlite3_prepare_v2(_database, text, out _statement));
        (_serial, _shard, _version) = (Index("@serial"), Index("@shard"), Index("@version"));
        (_dueAt, _silentAfter, _state) = (Index("@dueAt"), Index("@silentAfter"), Index("@state"));
    }

    /// <summary>Writes one; false where the row has another version than the writer expects.</summary>
    /// <exception cref="SqliteException">The file is away, full or broken.</exception>
    public bool Execute(in StateWrite state)
    {
        Check(raw.sqlite3_bind_text(_statement, _serial, state.Serial));
        Check(raw.sqlite3_bind_int64(_statement, _shard, state.Shard));
        Check(raw.sqlite3_bind_int64(_statement, _version, state.Expected + 1));
        Check(raw.sqlite3_bind_int64(_statement, _dueAt, state.DueAtMs));
        Check(raw.sqlite3_bind_int64(_statement, _silentAfter, state.SilentAfterMs));
        Check(raw.sqlite3_bind_blob(_statement, _state, state.State.Span));
        var result = raw.sqlite3_step(_statement);
        try { if (result != raw.SQLITE_DONE) Check(result); }
        finally { raw.sqlite3_reset(_statement); } // says the step's failure once more
        return raw.sqlite3_changes(_database) > 0;
    }

    public void Dispose() => _statement.Dispose();

    private int Index(string parameter) => raw.sqlite3_bind_parameter_index(_statement, parameter);

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
