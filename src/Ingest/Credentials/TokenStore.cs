using System.Data.Common;
using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Credentials;

/// <summary>An operator's token, without its secret.</summary>
/// <param name="Reads">Topic filters it may subscribe to, and narrower ones.</param>
/// <param name="Publishes">Topic filters it may publish to.</param>
/// <param name="ExpiresAtMs">Unix ms; null for never.</param>
public sealed record Token(string Name, IReadOnlyList<string> Reads, IReadOnlyList<string> Publishes, long CreatedAtMs, long? ExpiresAtMs);

/// <summary>
/// Operators' tokens: what a tool that is no terminal may read and publish. Its MQTT user name is <c>token:NAME</c>;
/// no serial has a colon, so the two never meet.
/// </summary>
public sealed class TokenStore(Database database, TimeProvider time)
{
    internal const string Tables = """
        create table if not exists tokens (
          name text primary key, id text not null, salt {blob} not null, hash {blob} not null, reads text not null, publishes text not null,
          created_at bigint not null, expires_at bigint);

        """;

    public const string Prefix = "token:";

    private const int MostNameLength = 64, MostFilters = 32;

    /// <summary>Makes a token and gives its secret, this once.</summary>
    /// <exception cref="FormatException">The name is taken or none, or a filter is none.</exception>
    public async Task<string> CreateAsync(string name, IReadOnlyList<string> reads, IReadOnlyList<string> publishes, TimeSpan? lasts = null, CancellationToken stop = default)
    {
        Check(name, reads, publishes);
        var (now, password) = (time.GetUtcNow(), Secret.Generate());
        var secret = Secret.Of(password, now, now + lasts);
        var made = await WriteAsync(name, """
            insert into tokens (name, id, salt, hash, reads, publishes, created_at, expires_at)
            values (@name, @Id, @Salt, @Hash, @reads, @publishes, @CreatedAtMs, @EndsAtMs) on conflict do nothing
            """, new { name, secret.Id, secret.Salt, secret.Hash, reads = Joined(reads), publishes = Joined(publishes), secret.CreatedAtMs, secret.EndsAtMs }, now, stop);
        return made ? password : throw new FormatException($"there is a token '{name}' already; revoke it first");
    }

    /// <summary>Ends a token and its sessions; false where there is none of that name.</summary>
    public Task<bool> RevokeAsync(string name, CancellationToken stop = default) =>
        WriteAsync(name, "delete from tokens where name = @name", new { name }, time.GetUtcNow(), stop);

    public async Task<IReadOnlyList<Token>> ListAsync(CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Name, string Reads, string Publishes, long CreatedAt, long? ExpiresAt)>(new CommandDefinition(
            "select name, reads, publishes, created_at, expires_at from tokens order by name", cancellationToken: stop));
        return [.. rows.Select(r => new Token(r.Name, Split(r.Reads), Split(r.Publishes), r.CreatedAt, r.ExpiresAt))];
    }

    /// <summary>The secret and the filters of a token; null where there is none of that name.</summary>
    internal static async Task<(Secret Secret, Grant Grant)?> FindAsync(DbConnection connection, string name, CancellationToken stop)
    {
        var row = await connection.QuerySingleOrDefaultAsync<(string? Id, byte[] Salt, byte[] Hash, string Reads, string Publishes, long CreatedAt, long? ExpiresAt)>(new CommandDefinition(
            "select id, salt, hash, reads, publishes, created_at, expires_at from tokens where name = @name", new { name }, cancellationToken: stop));
        return row.Id is null ? null : (new(row.Id, row.Salt, row.Hash, row.CreatedAt, row.ExpiresAt), new([.. Split(row.Reads)], [.. Split(row.Publishes)]));
    }

    private async Task<bool> WriteAsync(string name, string sql, object values, DateTimeOffset now, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await connection.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: stop)) == 0) return false;
        await AccessChanges.AddAsync(transaction, [Prefix + name], now, stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    private static void Check(string name, IReadOnlyList<string> reads, IReadOnlyList<string> publishes)
    {
        if (name.Length is 0 or > MostNameLength || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            throw new FormatException($"'{name}' is no token's name: 1 to {MostNameLength} of A-Z a-z 0-9 . _ -");
        if (reads.Count + publishes.Count == 0) throw new FormatException("a token that may neither read nor publish opens nothing: give it topics");
        if (reads.Count > MostFilters || publishes.Count > MostFilters) throw new FormatException($"a token has at most {MostFilters} filters of a kind");
        if (reads.Concat(publishes).FirstOrDefault(f => !FilterCover.IsValid(f) || f.StartsWith("$share/", StringComparison.Ordinal)) is { } wrong)
            throw new FormatException($"'{wrong}' is no topic filter (MQTT 5, 4.7)");
    }

    // No valid filter of ours has a line break in it.
    private static string Joined(IEnumerable<string> filters) => string.Join('\n', filters);

    private static string[] Split(string filters) => filters.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
