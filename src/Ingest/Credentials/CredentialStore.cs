using System.Data.Common;
using System.Text;
using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Credentials;

/// <summary>One of a terminal's passwords, without the password.</summary>
/// <param name="EndsAtMs">From when on it is refused, Unix ms; null for never.</param>
public sealed record Credential(string Serial, string Id, long CreatedAtMs, long? EndsAtMs);

/// <summary>Passwords by serial: a terminal has one, or several while one takes over from another.</summary>
public sealed class CredentialStore(Database database, TimeProvider time)
{
    // The first of the tables is of an earlier build, which knew one password a serial.
    public const string Tables = """
        create table if not exists credentials (
          serial text primary key, salt {blob} not null, hash {blob} not null, created_at bigint not null);
        create table if not exists passwords (
          serial text not null, id text not null, salt {blob} not null, hash {blob} not null, created_at bigint not null, ends_at bigint,
          primary key (serial, id));
        insert into passwords (serial, id, salt, hash, created_at) select serial, 'first', salt, hash, created_at from credentials where true on conflict do nothing;
        delete from credentials;

        """ + TokenStore.Tables;

    /// <summary>Passwords of one serial at once; a further rotation ends the oldest.</summary>
    private const int MostOfOneSerial = 8;

    /// <summary>Makes the one password that a serial has from now on; it cannot be shown again.</summary>
    public async Task<string> CreateAsync(string serial, CancellationToken stop = default)
    {
        var password = Secret.Generate();
        await WriteAsync([serial], async (transaction, now) =>
        {
            await DeleteAsync(transaction, serial);
            await InsertAsync(transaction, serial, Secret.Of(password, now));
            return true;
        }, stop);
        return password;
    }

    /// <summary>Makes a new password; those before are good for <paramref name="overlap"/> still, if they do not end sooner.</summary>
    public async Task<string> RotateAsync(string serial, TimeSpan overlap, CancellationToken stop = default)
    {
        var password = Secret.Generate();
        await WriteAsync([serial], async (transaction, now) =>
        {
            var (nowMs, endsMs) = (now.ToUnixTimeMilliseconds(), (now + overlap).ToUnixTimeMilliseconds());
            await ExecuteAsync(transaction, "delete from passwords where serial = @serial and ends_at <= @nowMs", new { serial, nowMs });
            await ExecuteAsync(transaction, """
                delete from passwords where serial = @serial and id in (
                  select id from passwords where serial = @serial order by created_at desc, id limit 1000 offset @kept)
                """, new { serial, kept = MostOfOneSerial - 1 });
            await ExecuteAsync(transaction, "update passwords set ends_at = @endsMs where serial = @serial and (ends_at is null or ends_at > @endsMs)", new { serial, endsMs });
            await InsertAsync(transaction, serial, Secret.Of(password, now));
            return true;
        }, stop);
        return password;
    }

    /// <summary>Sets passwords that come from elsewhere, all or none; a serial that has this password already keeps it, and its sessions.</summary>
    public async Task SetAsync(IEnumerable<(string Serial, string Password)> passwords, CancellationToken stop = default)
    {
        var changed = new List<(string Serial, string Password)>();
        foreach (var (serial, password) in passwords)
            if ((await SecretsAsync(serial, stop)) is not [{ EndsAtMs: null } only] || !only.Fits(Encoding.UTF8.GetBytes(password))) changed.Add((serial, password));
        if (changed.Count == 0) return;
        await WriteAsync([.. changed.Select(c => c.Serial)], async (transaction, now) =>
        {
            foreach (var (serial, password) in changed)
            {
                await DeleteAsync(transaction, serial);
                await InsertAsync(transaction, serial, Secret.Of(password, now));
            }
            return true;
        }, stop);
    }

    /// <summary>Takes a terminal's passwords away, or one of them; false where there is none.</summary>
    public Task<bool> RevokeAsync(string serial, string? id = null, CancellationToken stop = default) =>
        WriteAsync([serial], async (transaction, _) => await DeleteAsync(transaction, serial, id) > 0, stop);

    /// <summary>The passwords of one terminal, or of all, in the order of serials and age; those that have ended too.</summary>
    public async Task<IReadOnlyList<Credential>> ListAsync(string? serial = null, CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string, string, long, long?)>(new CommandDefinition(
            $"select serial, id, created_at, ends_at from passwords {(serial is null ? "" : "where serial = @serial")} order by serial, created_at, id", new { serial }, cancellationToken: stop));
        return [.. rows.Select(r => new Credential(r.Item1, r.Item2, r.Item3, r.Item4))];
    }

    private async Task<List<Secret>> SecretsAsync(string serial, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        return [.. (await connection.QueryAsync<(string, byte[], byte[], long, long?)>(new CommandDefinition(
            "select id, salt, hash, created_at, ends_at from passwords where serial = @serial", new { serial }, cancellationToken: stop)))
            .Select(r => new Secret(r.Item1, r.Item2, r.Item3, r.Item4, r.Item5))];
    }

    /// <summary>A change with the names it concerns in one transaction; nothing where it changes nothing.</summary>
    private async Task<bool> WriteAsync(IReadOnlyCollection<string> names, Func<DbTransaction, DateTimeOffset, Task<bool>> write, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (!await write(transaction, now)) return false;
        await AccessChanges.AddAsync(transaction, names, now, stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    private static Task<int> DeleteAsync(DbTransaction transaction, string serial, string? id = null) =>
        ExecuteAsync(transaction, $"delete from passwords where serial = @serial {(id is null ? "" : "and id = @id")}", new { serial, id });

    private static Task<int> InsertAsync(DbTransaction transaction, string serial, Secret secret) => ExecuteAsync(transaction,
        "insert into passwords (serial, id, salt, hash, created_at, ends_at) values (@serial, @Id, @Salt, @Hash, @CreatedAtMs, @EndsAtMs)",
        new { serial, secret.Id, secret.Salt, secret.Hash, secret.CreatedAtMs, secret.EndsAtMs });

    private static Task<int> ExecuteAsync(DbTransaction transaction, string sql, object values) => transaction.Connection!.ExecuteAsync(sql, values, transaction);
}
