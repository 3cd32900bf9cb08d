using Dapper;
using Fleet.Grains.Terminals;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Store;

/// <summary>The terminals' states: one row each, versioned. A write under another version than the row's is refused.</summary>
public sealed class TerminalStates([Microsoft.Extensions.DependencyInjection.FromKeyedServices(TerminalStates.DatabaseKey)] Database database) : ITerminalStates
{
    private readonly StateLoader _loader = new(database);

    /// <summary>Under which the composition root registers the database of the states.</summary>
    public const string DatabaseKey = "states";

    public const string Tables = """
        create table if not exists terminal_state (
          serial text primary key, shard integer not null, version bigint not null,
          due_at bigint not null, silent_after bigint not null, state {blob} not null);
        drop index if exists terminal_state_shard; -- of before: it had due_at in it, so that each write of a state changed it
        create index if not exists terminal_state_of_shard on terminal_state (shard);
        """;

    // A row that is not there yet is expected at version 0.
    private static string Upsert(string rows) => $"""
        insert into terminal_state (serial, shard, version, due_at, silent_after, state)
        {rows}
        on conflict (serial) do update set version = excluded.version, due_at = excluded.due_at,
          silent_after = excluded.silent_after, state = excluded.state
        where terminal_state.version = excluded.version - 1
        """;

    public Task<StoredState?> LoadAsync(string serial) => _loader.LoadAsync(serial);

    public async Task<IReadOnlyList<Deadline>> DeadlinesAsync(int shard, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return (await connection.QueryAsync<Deadline>(new CommandDefinition(
            "select serial, due_at as DueAtMs, silent_after as SilentAfterMs from terminal_state where shard = @shard and due_at > 0",
            new { shard }, cancellationToken: stop))).AsList();
    }

    public async Task<IReadOnlyList<string>> SaveAsync(IReadOnlyList<StateWrite> states, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        // One statement needs no transaction around it, and a silo that is paused between the two would hold the rows.
        if (connection is NpgsqlConnection npgsql) return await SaveAllAtOnce(npgsql, states, stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        using var upsert = new StateUpsert((SqliteConnection)connection, Upsert("values (@serial, @shard, @version, @dueAt, @silentAfter, @state)"));
        var stale = states.Where(state => !upsert.Execute(state)).Select(state => state.Serial).ToList();
        await transaction.CommitAsync(stop);
        return stale;
    }

    /// <summary>PostgreSQL is a round trip away: one statement for all rows.</summary>
    private static async Task<IReadOnlyList<string>> SaveAllAtOnce(
        NpgsqlConnection connection, IReadOnlyList<StateWrite> states, CancellationToken stop)
    {
        await using var command = connection.CreateCommand();
        // Ordered, so that two silos with rows in common wait for each other instead of blocking each other for good.
        command.CommandText = Upsert("""
            select * from unnest(@serials, @shards, @versions, @dueAts, @silentAfters, @states)
              as s (serial, shard, version, due_at, silent_after, state) order by serial
            """) + " returning serial";
        Add("serials", NpgsqlDbType.Text, states.Select(s => s.Serial).ToArray());
        Add("shards", NpgsqlDbType.Integer, states.Select(s => s.Shard).ToArray());
        Add("versions", NpgsqlDbType.Bigint, states.Select(s => s.Expected + 1).ToArray());
        Add("dueAts", NpgsqlDbType.Bigint, states.Select(s => s.DueAtMs).ToArray());
        Add("silentAfters", NpgsqlDbType.Bigint, states.Select(s => s.SilentAfterMs).ToArray());
        Add("states", NpgsqlDbType.Bytea, states.Select(s => s.State).ToArray());
        var written = new HashSet<string>();
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) written.Add(reader.GetString(0));
        return states.Where(s => !written.Contains(s.Serial)).Select(s => s.Serial).ToList();

        void Add(string name, NpgsqlDbType type, Array values) =>
            command.Parameters.Add(new(name, type | NpgsqlDbType.Array) { Value = values });
    }
}
