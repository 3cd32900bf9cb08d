using System.Text;
using Dapper;
using Fleet.Ingest.Credentials;
using Fleet.Store;
using Fleet.Tests;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Ingest_Tests.Store;

public sealed class AccessStoresOnSqlite() : AccessStoresTests(null);

public sealed class AccessStoresOnPostgres(PostgresServer server) : AccessStoresTests(server);

/// <summary>Passwords, tokens, blocks, and the log of who was changed.</summary>
public abstract class AccessStoresTests(PostgresServer? postgres) : StoreTests(postgres)
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    private CredentialStore Credentials => new(Database, _time);
    private TokenStore Tokens => new(Database, _time);
    private Blocks Blocks => new(Database, _time);
    private Standings Standings => new(Database, _time);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.EnsureAsync(Tables.Registry + CredentialStore.Tables);
    }

    [Fact]
    public async Task A_rotated_password_ends_when_its_overlap_does()
    {
        var old = await Credentials.CreateAsync("T1");
        var fresh = await Credentials.RotateAsync("T1", TimeSpan.FromHours(24));
        Assert.True(await FitsAsync(old) && await FitsAsync(fresh));
        _time.Advance(TimeSpan.FromHours(23));
        var freshest = await Credentials.RotateAsync("T1", TimeSpan.FromHours(24)); // does not prolong the first
        _time.Advance(TimeSpan.FromHours(2));
        Assert.False(await FitsAsync(old));
        Assert.True(await FitsAsync(fresh) && await FitsAsync(freshest));
        Assert.Equal(3, (await Credentials.ListAsync("T1")).Count);
        await Credentials.CreateAsync("T1");
        Assert.False(await FitsAsync(freshest));
        Assert.True(await Credentials.RevokeAsync("T1"));
        Assert.Empty(await Credentials.ListAsync());

        async Task<bool> FitsAsync(string password) => (await Standings.OfAsync("T1", default)).Find(Encoding.UTF8.GetBytes(password), _time.GetUtcNow()) is not null;
    }

    [Fact]
    public async Task Passwords_stay_in_memory_for_as_long_as_changes_are_followed()
    {
        await Credentials.SetAsync([("K1", "one"), ("K2", "two")]);
        await Credentials.RotateAsync("K1", TimeSpan.FromHours(1));
        await Blocks.BlockAsync("K2", "lost");
        var standings = Standings;
        await standings.KeepAllAsync(default);
        await using (var connection = await Database.OpenAsync()) await connection.ExecuteAsync("delete from passwords; delete from blocked_terminals"); // told to nobody
        for (var seconds = 0; seconds < 60; seconds++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            standings.Followed(_time.GetTimestamp());
        }
        Assert.NotNull((await standings.OfAsync("K1", default)).Find("one"u8.ToArray(), _time.GetUtcNow()));
        Assert.Equal(2, (await standings.OfAsync("K1", default)).Secrets.Length);
        Assert.Equal("lost", (await standings.OfAsync("K2", default)).Block?.Reason);
        _time.Advance(TimeSpan.FromSeconds(11)); // and nobody looks
        Assert.Empty((await standings.OfAsync("K1", default)).Secrets);
        standings.Followed(_time.GetTimestamp());
        standings.Forget(["K2"]);
        Assert.Null((await standings.OfAsync("K2", default)).Block);
    }

    [Fact]
    public async Task A_password_of_the_table_before_is_taken_over_once()
    {
        var secret = Secret.Of("from-before", _time.GetUtcNow());
        await using (var connection = await Database.OpenAsync())
        {
            await connection.ExecuteAsync("insert into credentials (serial, salt, hash, created_at) values ('T2', @Salt, @Hash, @CreatedAtMs)", new { secret.Salt, secret.Hash, secret.CreatedAtMs });
        }
        for (var i = 0; i < 2; i++) await Database.EnsureAsync(Tables.Registry + CredentialStore.Tables);
        Assert.Single(await Credentials.ListAsync("T2"));
        Assert.NotNull((await Standings.OfAsync("T2", default)).Find("from-before"u8.ToArray(), _time.GetUtcNow()));
        await Credentials.RevokeAsync("T2");
        await Database.EnsureAsync(Tables.Registry + CredentialStore.Tables);
        Assert.Empty(await Credentials.ListAsync("T2"));
    }

    [Fact]
    public async Task A_block_stands_until_it_is_lifted_and_is_remembered_until_that_was_told()
    {
        Assert.True(await Blocks.BlockAsync("T3", "stolen"));
        var since = (await Blocks.FindAsync("T3"))!.AtMs;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await Blocks.BlockAsync("T3", "lost"));
        Assert.Equal(new Block("T3", "lost", since, null), (await Standings.OfAsync("T3", default)).Block);
        Assert.False(await Blocks.BlockAsync("T3", null));
        Assert.Equal("lost", (await Blocks.FindAsync("T3"))!.Reason);
        Assert.True(await Blocks.UnblockAsync("T3"));
        Assert.False(await Blocks.UnblockAsync("T3"));
        Assert.Null((await Standings.OfAsync("T3", default)).Block);
        Assert.Empty(await Blocks.ListAsync());
        var lifted = Assert.Single(await Blocks.LiftedAsync());
        await Blocks.BlockAsync("T3", null); // blocked again before anybody was told
        await Blocks.ForgetAsync(lifted);
        Assert.Null(Assert.Single(await Blocks.ListAsync()).Reason);
    }

    [Fact]
    public async Task A_token_is_found_with_its_filters_until_it_is_revoked()
    {
        var secret = await Tokens.CreateAsync("board", ["a/+", "b/#"], ["c"], TimeSpan.FromDays(1));
        var standing = await Standings.OfAsync("token:board", default);
        Assert.NotNull(standing.Find(Encoding.UTF8.GetBytes(secret), _time.GetUtcNow()));
        Assert.Null(standing.Find(Encoding.UTF8.GetBytes(secret), _time.GetUtcNow().AddDays(1)));
        Assert.Equal(["a/+", "b/#"], standing.Grant!.Reads);
        Assert.Equal(["c"], standing.Grant.Publishes);
        Assert.Equal(["board"], (await Tokens.ListAsync()).Select(t => t.Name));
        Assert.True(await Tokens.RevokeAsync("board"));
        Assert.False(await Tokens.RevokeAsync("board"));
        Assert.Null((await Standings.OfAsync("token:board", default)).Grant);
    }

    [Fact]
    public async Task The_log_names_who_changed_since_and_says_so_when_it_cannot()
    {
        var start = await AccessChanges.LastAsync(Database);
        await Credentials.SetAsync(Enumerable.Range(0, 1200).Select(i => ($"M{i}", "secret")));
        await Credentials.SetAsync([("M1", "secret")]); // the same: no change
        await Blocks.BlockAsync("M1", null);
        await Tokens.CreateAsync("t", ["#"], []);
        var (last, names) = await AccessChanges.SinceAsync(Database, start);
        Assert.Equal(1201, names!.Count);
        Assert.Contains("token:t", names);
        Assert.Equal(1200, (await Standings.ReadAsync([.. Enumerable.Range(0, 1200).Select(i => $"M{i}")], default)).Values.Count(s => s.IsTerminal && s.Secrets.Length == 1));
        Assert.Equal(last, (await AccessChanges.SinceAsync(Database, last)).Last);
        _time.Advance(TimeSpan.FromHours(2));
        await Credentials.RevokeAsync("M2"); // what is older than an hour goes
        Assert.Null((await AccessChanges.SinceAsync(Database, start)).Names);
        Assert.Equal(["M2"], (await AccessChanges.SinceAsync(Database, last)).Names!);
    }

    [Fact]
    public async Task Changes_made_at_once_are_numbered_without_gaps()
    {
        var start = await AccessChanges.LastAsync(Database);
        var seen = new List<string>();
        var writing = Task.WhenAll(Enumerable.Range(0, 40).Select(i => Credentials.CreateAsync($"G{i}")));
        for (var isOver = false; !isOver;)
        {
            isOver = writing.IsCompleted;
            (start, var names) = await AccessChanges.SinceAsync(Database, start);
            seen.AddRange(names!);
        }
        await writing;
        Assert.Equal(40, seen.Distinct().Count());
    }
}
