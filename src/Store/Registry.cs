using System.Collections.Frozen;
using Dapper;

namespace Fleet.Store;

/// <summary>What the registry knows of a terminal; identity is the serial.</summary>
/// <param name="TimeZone">IANA name of the site's zone, e.g. <c>Asia/Shanghai</c>.</param>
/// <param name="Webhook">Where the merchant's pushes go, when there is an address.</param>
/// <param name="Hours">When the shop is open, as <see cref="Fleet.Grains.Terminals.OpeningHours"/> reads it.</param>
/// <param name="Tags">What the operator's rules may select it by, with <c>;</c> between them.</param>
/// <param name="Region">What fails together when a substation does, as the operator names it: a district, a postal code.</param>
public sealed record RegisteredTerminal(
    string Serial, string Merchant, string Site, string Model, string Carrier,
    string? Address = null, string? TimeZone = null, string? Language = null, string? Webhook = null, string? Hours = null, string? Tags = null,
    string? Region = null);

/// <summary>The fleet's register of terminals: in the store, and in memory for the hot path.</summary>
public sealed class Registry(Database database)
{
    private volatile FrozenDictionary<string, RegisteredTerminal> _bySerial = FrozenDictionary<string, RegisteredTerminal>.Empty;

    /// <summary>Grows by one with every reload, so that caches made of entries know when to go.</summary>
    public int Version => _version;
    private volatile int _version;
    private long _changes = -1;

    public RegisteredTerminal? Find(string serial) => _bySerial.GetValueOrDefault(serial);

    public ICollection<RegisteredTerminal> All => _bySerial.Values;

    public async Task ReloadAsync(CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        var changes = await ChangesAsync(connection, stop);
        var rows = await connection.QueryAsync<RegisteredTerminal>(new CommandDefinition(
            """
            select t.serial, merchant, site, model, carrier, address, time_zone as timezone, language, webhook, hours, tags, region
            from terminals t left join terminal_hours h on h.serial = t.serial left join terminal_tags g on g.serial = t.serial
              left join terminal_regions r on r.serial = t.serial
            """,
            cancellationToken: stop));
        _bySerial = rows.ToFrozenDictionary(t => t.Serial);
        _changes = changes;
        _version++;
    }

    /// <summary>Reloads when another process has changed the register.</summary>
    public async Task ReloadIfChangedAsync(CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        if (await ChangesAsync(connection, stop) != _changes) await ReloadAsync(stop);
    }

    private static Task<long> ChangesAsync(System.Data.Common.DbConnection connection, CancellationToken stop) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition("select changes from terminals_changes", cancellationToken: stop));

    /// <summary>Adds or replaces entries, all or none, and reloads.</summary>
    public async Task ImportAsync(IEnumerable<RegisteredTerminal> terminals, CancellationToken stop = default)
    {
        var all = terminals.ToList();
        await using (var connection = await database.OpenAsync(stop))
        await using (var transaction = await connection.BeginTransactionAsync(stop))
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                insert into terminals (serial, merchant, site, model, carrier, address, time_zone, language, webhook)
                values (@Serial, @Merchant, @Site, @Model, @Carrier, @Address, @TimeZone, @Language, @Webhook)
                on conflict (serial) do update set merchant = excluded.merchant, site = excluded.site, model = excluded.model,
                  carrier = excluded.carrier, address = excluded.address, time_zone = excluded.time_zone,
                  language = excluded.language, webhook = excluded.webhook
                """, all, transaction, cancellationToken: stop));
            await ReplaceAsync("terminal_hours", nameof(RegisteredTerminal.Hours), all.Where(t => t.Hours is not null));
            await ReplaceAsync("terminal_tags", nameof(RegisteredTerminal.Tags), all.Where(t => t.Tags is not null));
            await ReplaceAsync("terminal_regions", nameof(RegisteredTerminal.Region), all.Where(t => t.Region is not null));
            await connection.ExecuteAsync(new CommandDefinition("update terminals_changes set changes = changes + 1", transaction: transaction, cancellationToken: stop));
            await transaction.CommitAsync(stop);

            // What came to the register later has a table of its own.
            async Task ReplaceAsync(string table, string column, IEnumerable<RegisteredTerminal> known)
            {
                await connection.ExecuteAsync(new CommandDefinition($"delete from {table} where serial = @Serial", all, transaction, cancellationToken: stop));
                await connection.ExecuteAsync(new CommandDefinition(
                    $"insert into {table} (serial, {column}) values (@Serial, @{column})", known, transaction, cancellationToken: stop));
            }
        }
        await ReloadAsync(stop);
    }
}
