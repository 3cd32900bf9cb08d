using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Commands;

/// <summary>The commands' table. Its times are by the database's clock: what one node writes, others look for.</summary>
public sealed class CommandStore(Database database)
{
    public const string Tables = """
        create table if not exists commands (
          serial text not null, id text not null, payload text not null, state integer not null, created_at bigint not null, expires_at bigint not null,
          delivered_at bigint, result text, result_at bigint, bridged_at bigint, primary key (serial, id));
        create index if not exists commands_waiting on commands (created_at) where state = 0;
        create index if not exists commands_finished on commands (created_at) where state <> 0;
        """;

    /// <summary>How many commands of one terminal may wait.</summary>
    public const int MostWaiting = 100;

    /// <summary>Read once a statement, so that an index serves what is compared with it.</summary>
    private string Now => $"(select {database.NowMs})";

    private const string Columns = "serial, id, payload, state, created_at, expires_at, delivered_at, result, result_at";

    /// <returns>The command as it stands; null where the identifier is another command's, or too many wait.</returns>
    public async Task<TerminalCommand?> AddAsync(string serial, string id, string payload, TimeSpan expiry, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition(
            $"""
            insert into commands (serial, id, payload, state, created_at, expires_at)
            select @serial, @id, @payload, 0, case when newest >= now then newest + 1 else now end, now + @expiryMs -- of two in one millisecond, too, one is the first
            from (select {database.NowMs} as now, coalesce(max(created_at), 0) as newest, coalesce(sum(case when state = 0 then 1 else 0 end), 0) as waiting from commands where serial = @serial) as others
            where waiting < @MostWaiting
            on conflict (serial, id) do nothing
            """, new { serial, id, payload, expiryMs = (long)expiry.TotalMilliseconds, MostWaiting }, cancellationToken: stop));
        var found = await FindAsync(serial, id, stop);
        return found?.Payload == payload ? found : null;
    }

    public async Task<TerminalCommand?> FindAsync(string serial, string id, CancellationToken stop) =>
        (await QueryAsync("where serial = @serial and id = @id", new { serial, id }, stop)).FirstOrDefault();

    public Task<List<TerminalCommand>> ListAsync(string serial, int limit, (long AtMs, string Id)? after, CancellationToken stop) => QueryAsync(
        $"where serial = @serial {(after is null ? "" : "and (created_at, id) < (@AtMs, @Id)")} order by created_at desc, id desc limit @limit",
        new { serial, limit, after?.AtMs, after?.Id }, stop);

    /// <summary>What a terminal has not acknowledged, the oldest first.</summary>
    public Task<List<TerminalCommand>> WaitingAsync(string serial, CancellationToken stop) =>
        QueryAsync($"where serial = @serial and state = 0 and expires_at > {Now} order by created_at, id", new { serial }, stop);

    /// <summary>Terminals for which commands wait that were created within so long.</summary>
    public async Task<List<string>> SerialsWaitingAsync(TimeSpan within, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(
            $"select distinct serial from commands where state = 0 and created_at >= {Now} - @withinMs", new { withinMs = (long)within.TotalMilliseconds }, cancellationToken: stop))];
    }

    /// <summary>The terminal has acknowledged it; a result that came first stays.</summary>
    public Task DeliveredAsync(string serial, string id, bool isRefused, CancellationToken stop) => ExecuteAsync(
        $"update commands set state = case when state = 0 then @state else state end, delivered_at = coalesce(delivered_at, {Now}) where serial = @serial and id = @id",
        new { serial, id, state = (int)(isRefused ? CommandState.Refused : CommandState.Delivered) }, stop);

    /// <summary>Takes a command to the bridged brokers: true for one node, once, until <see cref="BridgeAgainAsync"/>.</summary>
    public async Task<bool> TryBridgeAsync(string serial, string id, CancellationToken stop) => await ExecuteAsync(
        $"update commands set bridged_at = {Now} where serial = @serial and id = @id and state = 0 and expires_at > {Now} and bridged_at is null",
        new { serial, id }, stop) > 0;

    /// <summary>No broker had anybody for it: as if it went there long ago.</summary>
    public Task NotBridgedAsync(string serial, string id, CancellationToken stop) =>
        ExecuteAsync("update commands set bridged_at = 0 where serial = @serial and id = @id and bridged_at is not null", new { serial, id }, stop);

    /// <summary>What waits for a terminal and went to the bridged brokers no later than then may go there again.</summary>
    public Task BridgeAgainAsync(string serial, long beforeMs, CancellationToken stop) =>
        ExecuteAsync("update commands set bridged_at = null where serial = @serial and state = 0 and bridged_at <= @beforeMs", new { serial, beforeMs }, stop);

    /// <summary>Notes results, oldest first, in one transaction: of one command's the last. One noted again writes nothing.</summary>
    public async Task AnsweredAsync(IEnumerable<CommandResult> results, CancellationToken stop)
    {
        var last = new Dictionary<(string, string), CommandResult>();
        foreach (var result in results)
            if (result.Id is { } id) last[(result.Serial, id)] = result;
        if (last.Count == 0) return;
        await using var connection = await database.OpenAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update commands set state = 2, result = @Payload, result_at = @AtMs, delivered_at = coalesce(delivered_at, @AtMs)
            where serial = @Serial and id = @Id and (result_at is null or (result_at <= @AtMs and result <> @Payload))
            """, // in one order on every node, so that none waits for the other
            last.Values.OrderBy(r => r.Serial, StringComparer.Ordinal).ThenBy(r => r.Id, StringComparer.Ordinal), transaction, cancellationToken: stop));
        await transaction.CommitAsync(stop);
    }

    public async Task<bool> CancelAsync(string serial, string id, CancellationToken stop) =>
        await ExecuteAsync("update commands set state = 4 where serial = @serial and id = @id and state = 0", new { serial, id }, stop) > 0;

    /// <summary>Expires what is due, and forgets what is older than <paramref name="kept"/>.</summary>
    public async Task ExpireAsync(TimeSpan kept, CancellationToken stop)
    {
        await ExecuteAsync($"update commands set state = 3 where state = 0 and expires_at <= {Now}", new { }, stop);
        await ExecuteAsync($"delete from commands where created_at < {Now} - @keptMs and state <> 0", new { keptMs = (long)kept.TotalMilliseconds }, stop);
    }

    private async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: stop));
    }

    private async Task<List<TerminalCommand>> QueryAsync(string where, object parameters, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition($"select {Columns} from commands {where}", parameters, cancellationToken: stop));
        var commands = new List<TerminalCommand>();
        while (await reader.ReadAsync(stop))
        {
            commands.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), (CommandState)reader.GetInt32(3), reader.GetInt64(4), reader.GetInt64(5),
                Time(6), reader.IsDBNull(7) ? null : reader.GetString(7), Time(8)));
        }
        return commands;

        long? Time(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
    }
}
