using Dapper;

namespace Fleet.Store;

/// <summary>A terminal that may not connect: stolen, withdrawn, not trusted.</summary>
/// <param name="AtMs">Since when, Unix ms.</param>
/// <param name="LiftedAtMs">When it was unblocked, Unix ms; null while it stands.</param>
public sealed record Block(string Serial, string? Reason, long AtMs, long? LiftedAtMs);

/// <summary>The register of blocked terminals. A lifted block stays until a server has told the alerts, which a verb cannot.</summary>
public sealed class Blocks(Database database, TimeProvider time)
{
    internal const string Definitions = """
        create table if not exists blocked_terminals (serial text primary key, reason text, blocked_at bigint not null, lifted_at bigint);
        """;

    private const string Columns = "serial, reason, blocked_at, lifted_at";

    /// <summary>Blocks, or gives the block that stands another reason, if there is one; false for the latter.</summary>
    public async Task<bool> BlockAsync(string serial, string? reason, CancellationToken stop = default)
    {
        var before = await FindAsync(serial, stop);
        var stands = before is { LiftedAtMs: null };
        var now = time.GetUtcNow();
        await ChangeAsync("""
            insert into blocked_terminals (serial, reason, blocked_at, lifted_at) values (@serial, @reason, @at, null)
            on conflict (serial) do update set
              reason = case when blocked_terminals.lifted_at is null then coalesce(excluded.reason, blocked_terminals.reason) else excluded.reason end,
              blocked_at = excluded.blocked_at, lifted_at = null
            """, serial, new { serial, reason, at = stands ? before!.AtMs : now.ToUnixTimeMilliseconds() }, now, stop);
        return !stands;
    }

    public Task<bool> UnblockAsync(string serial, CancellationToken stop = default)
    {
        var now = time.GetUtcNow();
        return ChangeAsync("update blocked_terminals set lifted_at = @at where serial = @serial and lifted_at is null", serial, new { serial, at = now.ToUnixTimeMilliseconds() }, now, stop);
    }

    /// <summary>The terminal's block, standing or just lifted.</summary>
    public async Task<Block?> FindAsync(string serial, CancellationToken stop = default) => (await QueryAsync("where serial = @serial", new { serial }, stop)).SingleOrDefault();

    /// <summary>The blocks that stand, in the order of their serials.</summary>
    public Task<IReadOnlyList<Block>> ListAsync(CancellationToken stop = default) => QueryAsync("where lifted_at is null order by serial", null, stop);

    /// <summary>Blocks that were lifted and whose alerts nobody has cleared yet.</summary>
    public Task<IReadOnlyList<Block>> LiftedAsync(CancellationToken stop = default) => QueryAsync("where lifted_at is not null", null, stop);

    /// <summary>The alerts know that it was lifted.</summary>
    public async Task ForgetAsync(Block lifted, CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition("delete from blocked_terminals where serial = @Serial and lifted_at = @LiftedAtMs", lifted, cancellationToken: stop));
    }

    private async Task<IReadOnlyList<Block>> QueryAsync(string where, object? values, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Serial, string? Reason, long AtMs, long? LiftedAtMs)>(
            new CommandDefinition($"select {Columns} from blocked_terminals {where}", values, cancellationToken: stop));
        return [.. rows.Select(r => new Block(r.Serial, r.Reason, r.AtMs, r.LiftedAtMs))];
    }

    private async Task<bool> ChangeAsync(string sql, string serial, object values, DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var changed = await connection.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: stop));
        if (changed > 0) await AccessChanges.AddAsync(transaction, [serial], now, stop);
        await transaction.CommitAsync(stop);
        return changed > 0;
    }
}
