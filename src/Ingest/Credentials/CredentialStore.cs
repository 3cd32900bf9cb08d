using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Credentials;

/// <summary>
/// Passwords by serial. They are generated with 160 bits and shown once; what is stored is SHA-256 of salt and
/// password, for a slow hash protects only passwords that people choose, and would let a connect storm stall the door.
/// </summary>
public sealed class CredentialStore(Database database, TimeProvider time)
{
    public const string Tables = """
        create table if not exists credentials (
          serial text primary key, salt {blob} not null, hash {blob} not null, created_at bigint not null);
        """;

    /// <summary>How long a serial's row may be used from memory before it is read again.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (byte[]? Salt, byte[]? Hash, long ReadAt)> _cache = new();

    /// <summary>Makes a new password for a serial; it is not stored and cannot be shown again.</summary>
    public async Task<string> CreateAsync(string serial, CancellationToken stop = default)
    {
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        await SetAsync([(serial, password)], stop);
        return password;
    }

    /// <summary>Sets passwords that come from elsewhere, all or none.</summary>
    public async Task SetAsync(IEnumerable<(string Serial, string Password)> passwords, CancellationToken stop = default)
    {
        var created = time.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = passwords.Select(p =>
        {
            var salt = RandomNumberGenerator.GetBytes(16);
            return new { p.Serial, salt, hash = Hash(salt, Encoding.UTF8.GetBytes(p.Password)), created };
        }).ToList();
        await using var connection = await database.OpenAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into credentials (serial, salt, hash, created_at) values (@Serial, @salt, @hash, @created)
            on conflict (serial) do update set salt = excluded.salt, hash = excluded.hash, created_at = excluded.created_at
            """, rows, transaction, cancellationToken: stop));
        await transaction.CommitAsync(stop);
        foreach (var row in rows) _cache.TryRemove(row.Serial, out _);
    }

    public async Task<bool> RevokeAsync(string serial, CancellationToken stop = default)
    {
        await using var connection = await database.OpenAsync(stop);
        var gone = await connection.ExecuteAsync(new CommandDefinition("delete from credentials where serial = @serial", new { serial }, cancellationToken: stop));
        _cache.TryRemove(serial, out _);
        return gone > 0;
    }

    /// <summary>Whether the password is the serial's; null where the serial has none.</summary>
    public async Task<bool?> VerifyAsync(string serial, byte[] password, CancellationToken stop = default)
    {
        if (!_cache.TryGetValue(serial, out var known) || time.GetElapsedTime(known.ReadAt) > Fresh)
        {
            await using var connection = await database.OpenAsync(stop);
            var (salt, hash) = await connection.QuerySingleOrDefaultAsync<(byte[]?, byte[]?)>(new CommandDefinition(
                "select salt, hash from credentials where serial = @serial", new { serial }, cancellationToken: stop));
            if (_cache.Count > 1_000_000) _cache.Clear();
            _cache[serial] = known = (salt, hash, time.GetTimestamp());
        }
        if (known.Salt is null || known.Hash is null) return null;
        return CryptographicOperations.FixedTimeEquals(Hash(known.Salt, password), known.Hash);
    }

    private static byte[] Hash(byte[] salt, byte[] password) => SHA256.HashData([.. salt, .. password]);
}
