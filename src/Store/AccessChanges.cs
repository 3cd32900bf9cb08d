using System.Data.Common;
using Dapper;

namespace Fleet.Store;

/// <summary>
/// Whose rights to connect were changed, in the order the changes were committed. Every node reads on from where it was,
/// so that a verb, another node or the API closes live sessions here at once.
/// </summary>
public static class AccessChanges
{
    internal const string Definitions = """
        create table if not exists access_changes (number bigint primary key, name text not null, at bigint not null);
        create index if not exists access_changes_at on access_changes (at);
        create table if not exists access_changes_last (id integer primary key, number bigint not null);
        insert into access_changes_last (id, number) values (1, 0) on conflict do nothing;
        """;

    /// <summary>How long a change can be read; whoever looks away for longer must take everything for changed.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    /// <summary>Notes the names with the change itself: a serial, or a token's user name.</summary>
    public static async Task AddAsync(DbTransaction transaction, IReadOnlyCollection<string> names, DateTimeOffset now, CancellationToken stop = default)
    {
        if (names.Count == 0) return;
        var (connection, at) = (transaction.Connection!, now.ToUnixTimeMilliseconds());
        // The row stays locked until the commit, so numbers become visible in their order and without gaps.
        var last = await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "update access_changes_last set number = number + @Count returning number", new { names.Count }, transaction, cancellationToken: stop));
        await connection.ExecuteAsync(new CommandDefinition("insert into access_changes (number, name, at) values (@number, @name, @at)",
            names.Select((name, i) => new { number = last - i, name, at }).ToList(), transaction, cancellationToken: stop));
        await connection.ExecuteAsync(new CommandDefinition("delete from access_changes where at < @before",
            new { before = at - (long)Kept.TotalMilliseconds }, transaction, cancellationToken: stop));
    }

    public static async Task<long> LastAsync(Database database, CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        return await LastAsync(connection, stop);
    }

    /// <summary>The names changed after <paramref name="seen"/>, and the number to go on from; null names where too many were missed to tell.</summary>
    public static async Task<(long Last, IReadOnlyList<string>? Names)> SinceAsync(Database database, long seen, CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        var last = await LastAsync(connection, stop);
        if (last == seen) return (seen, []);
        var rows = (await connection.QueryAsync<(long Number, string Name)>(new CommandDefinition(
            "select number, name from access_changes where number > @seen order by number", new { seen }, cancellationToken: stop))).AsList();
        if (rows.Count == 0 || rows[^1].Number - seen != rows.Count) return (Math.Max(last, rows.Count == 0 ? 0 : rows[^1].Number), null);
        return (rows[^1].Number, [.. rows.Select(r => r.Name).Distinct()]);
    }

    private static Task<long> LastAsync(DbConnection connection, CancellationToken stop) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition("select number from access_changes_last", cancellationToken: stop));
}
