using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dapper;
using Fleet.Store;

namespace Fleet.Ingest.Credentials;

/// <summary>What the store has of a name that asks to come in.</summary>
/// <param name="Block">The block that stands.</param>
/// <param name="Grant">A token's topics.</param>
/// <param name="IsTerminal">The registry or the credentials know the name as a terminal's serial.</param>
internal sealed record Standing(ImmutableArray<Secret> Secrets, Block? Block, Grant? Grant, bool IsTerminal)
{
    /// <summary>The store has nothing of the name.</summary>
    public bool IsUnknown => Secrets.IsEmpty && Block is null && Grant is null && !IsTerminal;

    /// <summary>The password that is good now and fits.</summary>
    public Secret? Find(byte[] password, DateTimeOffset now) => Secrets.FirstOrDefault(s => s.IsValidAt(now) && s.Fits(password));
}

/// <summary>
/// Standings by name, from the store; in memory until <see cref="Forget"/> says that one has changed. Unknown names are
/// not kept: strangers could think of any number.
/// </summary>
internal sealed class Standings(Database database, TimeProvider time)
{
    /// <summary>
    /// How long one may be used from memory, and after the last look at what has changed: changes are told, but not
    /// that the registry imports a name without a password.
    /// </summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>What was changed just now counts for whoever would be refused; but a flood reads the store no more often than this, a second.</summary>
    private const int MostReadAgain = 500;

    private const int MostInMemory = 1_000_000, MostAtOnce = 500;

    private readonly ConcurrentDictionary<string, (Standing Standing, long ReadAt)> _known = new();
    private readonly SharedBucket _again = new(MostReadAgain, MostReadAgain, time);
    private int _forgotten;
    private long _followedAt;

    public int Count => _known.Count;

    /// <summary>Grows with every <see cref="Forget"/>: what is read from now on knows of all that was forgotten before.</summary>
    public int Generation => Volatile.Read(ref _forgotten);

    /// <exception cref="System.Data.Common.DbException">The store is away.</exception>
    public async ValueTask<Standing> OfAsync(string name, CancellationToken stop, bool toRefuse = false)
    {
        if (_known.TryGetValue(name, out var known) && IsFresh(known.Standing, known.ReadAt) && !(toRefuse && _again.TryTake())) return known.Standing;
        var before = Generation;
        var standing = (await ReadAsync([name], stop))[name];
        if (standing.IsUnknown)
        {
            _known.TryRemove(name, out _);
            return standing;
        }
        Keep(name, standing);
        // What was read while something changed may be the old; whoever asks next reads again.
        if (Generation != before) _known.TryRemove(name, out _);
        return standing;
    }

    /// <summary>All that had changed at that time (a timestamp) has been forgotten or is kept as it is now.</summary>
    public void Followed(long at) => Volatile.Write(ref _followedAt, at);

    public void Keep(string name, Standing standing)
    {
        if (_known.Count > MostInMemory) _known.Clear();
        _known[name] = (standing, time.GetTimestamp());
    }

    /// <summary>Takes the terminals that have a password into memory: when all of them come at once, each would be read alone.</summary>
    public async Task KeepAllAsync(CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        var blocks = (await connection.QueryAsync<(string Serial, string? Reason, long At)>(new CommandDefinition(
            "select serial, reason, blocked_at from blocked_terminals where lifted_at is null", cancellationToken: stop))).ToDictionary(r => r.Serial, r => new Block(r.Serial, r.Reason, r.At, null));
        var rows = connection.QueryUnbufferedAsync<(string Serial, string Id, byte[] Salt, byte[] Hash, long At, long? Ends)>(
            "select serial, id, salt, hash, created_at, ends_at from passwords order by serial limit @MostInMemory", new { MostInMemory });
        var (serial, secrets) = ("", new List<Secret>());
        await foreach (var row in rows.WithCancellation(stop))
        {
            if (row.Serial != serial) KeepLast();
            serial = row.Serial;
            secrets.Add(new(row.Id, row.Salt, row.Hash, row.At, row.Ends));
        }
        KeepLast();

        void KeepLast()
        {
            if (secrets.Count > 0) Keep(serial, new([.. secrets], blocks.GetValueOrDefault(serial), null, IsTerminal: true));
            secrets.Clear();
        }
    }

    /// <summary>Drops names whose standing has changed; all of them for null.</summary>
    public void Forget(IReadOnlyCollection<string>? names)
    {
        Interlocked.Increment(ref _forgotten);
        if (names is null) _known.Clear();
        else foreach (var name in names) _known.TryRemove(name, out _);
        Interlocked.Increment(ref _forgotten); // who looked between may have seen what is gone now
    }

    /// <summary>Standings of several names as the store has them now.</summary>
    public async Task<Dictionary<string, Standing>> ReadAsync(IReadOnlyCollection<string> names, CancellationToken stop)
    {
        var standings = new Dictionary<string, Standing>(names.Count);
        await using var connection = await database.OpenAsync(stop);
        foreach (var token in names.Where(n => n.StartsWith(TokenStore.Prefix, StringComparison.Ordinal)))
            standings[token] = await TokenStore.FindAsync(connection, token[TokenStore.Prefix.Length..], stop) is { } t ? new([t.Secret], null, t.Grant, false) : new([], null, null, false);
        foreach (var serials in names.Where(n => !n.StartsWith(TokenStore.Prefix, StringComparison.Ordinal)).Chunk(MostAtOnce))
        {
            var among = $"serial {database.Among("@serials")}";
            await using var rows = await connection.QueryMultipleAsync(new CommandDefinition($"""
                select serial, id, salt, hash, created_at, ends_at from passwords where {among};
                select serial, reason, blocked_at from blocked_terminals where {among} and lifted_at is null;
                select serial from terminals where {among}
                """, new { serials }, cancellationToken: stop));
            var secrets = (await rows.ReadAsync<(string Serial, string Id, byte[] Salt, byte[] Hash, long At, long? Ends)>()).ToLookup(r => r.Serial, r => new Secret(r.Id, r.Salt, r.Hash, r.At, r.Ends));
            var blocks = (await rows.ReadAsync<(string Serial, string? Reason, long At)>()).ToDictionary(r => r.Serial, r => new Block(r.Serial, r.Reason, r.At, null));
            var registered = (await rows.ReadAsync<string>()).ToHashSet();
            foreach (var serial in serials)
                standings[serial] = new([.. secrets[serial]], blocks.GetValueOrDefault(serial), null, secrets.Contains(serial) || registered.Contains(serial));
        }
        return standings;
    }

    /// <summary>With a password it changes only by what is told.</summary>
    private bool IsFresh(Standing standing, long readAt) =>
        time.GetElapsedTime(standing.Secrets.IsEmpty ? readAt : Math.Max(readAt, Volatile.Read(ref _followedAt))) < Fresh;
}
