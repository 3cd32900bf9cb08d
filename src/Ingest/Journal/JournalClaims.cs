using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Journal;

/// <summary>A journal's lease row.</summary>
/// <param name="Owner">Whose it is: <c>silo/unique/home node</c>. Who works off another node's journal has another home.</param>
/// <param name="IsSilent">It was not renewed for the time asked for, by the database's clock.</param>
/// <param name="HasUnapplied">There are rows that the terminals have not taken and persisted.</param>
public readonly record struct Lease(string Node, long Epoch, string Owner, bool IsSilent, bool HasUnapplied)
{
    /// <summary>The owning process's address in the cluster, as <see cref="SiloAddress.ToParsableString"/> has it.</summary>
    public string Silo => Owner.Split('/')[0];

    public bool IsAdopted => Owner.Split('/', 3) is [_, _, var home] && home != Node;

    public static string OwnerName(string silo, string home) => $"{silo}/{Guid.NewGuid():n}/{home}";
}

/// <summary>Whose a journal is: its lease row, claimed at start, and by another node when its holder is gone. All times are the database's.</summary>
public static class JournalClaims
{
    /// <summary>Takes the journal of a node, whoever held it: the epoch grows, and what the last holder still writes is refused.</summary>
    /// <returns>The rows, how far they are worked off, and the last position that was ever given.</returns>
    public static async Task<(JournalRows Rows, Marks Marks, long Last)> ClaimAsync(Database database, string node, string owner, CancellationToken stop)
    {
        await database.EnsureAsync(JournalRows.Tables, stop);
        var connection = await database.OpenAsync(stop);
        var (epoch, grains, history) = await connection.QuerySingleAsync<(long, long, long)>(new CommandDefinition(
            $"""
            insert into journal_lease (node, epoch, owner, renewed_at, grains, history) values (@node, 1, @owner, {database.NowMs}, 0, 0)
            on conflict (node) do update set epoch = journal_lease.epoch + 1, owner = excluded.owner, renewed_at = excluded.renewed_at
            returning epoch, grains, history
            """, new { node, owner }, cancellationToken: stop));
        var rows = await JournalRows.OpenAsync(database, node, epoch, owner, connection, stop);
        return (rows, new(grains, history), Math.Max(rows.Last, Math.Max(grains, history)));
    }

    /// <summary>Whether somebody holds the journal of a node: the node itself once it is back, or who is adopting it.</summary>
    public static async Task<bool> IsHeldAsync(Database database, string node, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select count(*) from journal_lease where node = @node", new { node }, cancellationToken: stop)) > 0;
    }

    /// <summary>Every lease there is: one a node.</summary>
    /// <param name="silence">How long a holder may be silent.</param>
    public static async Task<IReadOnlyList<Lease>> LeasesAsync(Database database, TimeSpan silence, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        var leases = await connection.QueryAsync<(string Node, long Epoch, string Owner, long Silent, long Unapplied)>(new CommandDefinition(
            $"""
            select node, epoch, owner, case when renewed_at < {database.NowMs} - @silenceMs then 1 else 0 end,
              (select count(*) from (select 1 from journal where journal.node = journal_lease.node and position > grains limit 1) as one)
            from journal_lease
            """, new { silenceMs = (long)silence.TotalMilliseconds }, cancellationToken: stop));
        return [.. leases.Select(l => new Lease(l.Node, l.Epoch, l.Owner, l.Silent > 0, l.Unapplied > 0))];
    }

    /// <summary>Claims a journal from the holder that the lease names; null where somebody was faster.</summary>
    public static async Task<(JournalRows Rows, Marks Marks)?> TryAdoptAsync(Database database, Lease from, string owner, CancellationToken stop)
    {
        var connection = await database.OpenAsync(stop);
        var lease = (await connection.QueryAsync<(long Epoch, long Grains, long History)>(new CommandDefinition(
            $"""
            update journal_lease set epoch = epoch + 1, owner = @owner, renewed_at = {database.NowMs}
            where node = @Node and epoch = @Epoch and owner = @from returning epoch, grains, history
            """, new { from.Node, from.Epoch, from = from.Owner, owner }, cancellationToken: stop))).AsList();
        if (lease is [var (epoch, grains, history)])
            return (await JournalRows.OpenAsync(database, from.Node, epoch, owner, connection, stop), new(grains, history));
        await connection.DisposeAsync();
        return null;
    }
}
