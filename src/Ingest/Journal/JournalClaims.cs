using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Journal;

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

    /// <summary>Journals whose holder has not renewed its lease for <paramref name="silence"/>.</summary>
    public static async Task<IReadOnlyList<string>> OrphansAsync(Database database, TimeSpan silence, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return (await connection.QueryAsync<string>(new CommandDefinition(
            $"select node from journal_lease where renewed_at < {database.NowMs} - @silenceMs", new { silenceMs = (long)silence.TotalMilliseconds }, cancellationToken: stop))).AsList();
    }

    /// <summary>Claims an orphan unless somebody was faster.</summary>
    public static async Task<(JournalRows Rows, Marks Marks)?> TryAdoptAsync(Database database, string node, string owner, TimeSpan silence, CancellationToken stop)
    {
        var connection = await database.OpenAsync(stop);
        var lease = (await connection.QueryAsync<(long Epoch, long Grains, long History)>(new CommandDefinition(
            $"""
            update journal_lease set epoch = epoch + 1, owner = @owner, renewed_at = {database.NowMs}
            where node = @node and renewed_at < {database.NowMs} - @silenceMs returning epoch, grains, history
            """, new { node, owner, silenceMs = (long)silence.TotalMilliseconds }, cancellationToken: stop))).AsList();
        if (lease is [var (epoch, grains, history)])
            return (await JournalRows.OpenAsync(database, node, epoch, owner, connection, stop), new(grains, history));
        await connection.DisposeAsync();
        return null;
    }
}
