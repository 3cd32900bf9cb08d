using Dapper;
using Fleet.Ingest.Commands;
using Fleet.Ingest_Tests.Store;
using Fleet.Store;
using Fleet.Tests;

namespace Fleet.Ingest_Tests.Commands;

public sealed class CommandStoreOnSqlite() : CommandStoreTests(null);

public sealed class CommandStoreOnPostgres(PostgresServer server) : CommandStoreTests(server);

/// <summary>The commands' table, on both stores.</summary>
public abstract class CommandStoreTests(PostgresServer? postgres) : StoreTests(postgres)
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private CommandStore Commands => new(Database);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.EnsureAsync(CommandStore.Tables);
    }

    [Fact]
    public async Task Commands_wait_in_the_order_they_were_made_whatever_the_clock_says()
    {
        await AddAsync("z");
        await SetAsync("created_at = created_at + 5000"); // a clock that was set back since
        foreach (var id in (string[])["y", "x", "w"]) await AddAsync(id);
        Assert.Equal(["z", "y", "x", "w"], (await Commands.WaitingAsync("C", default)).Select(c => c.Id));
        Assert.Equal(["C"], await Commands.SerialsWaitingAsync(s_minute, default));
    }

    [Fact]
    public async Task Their_times_are_the_databases_so_that_every_node_finds_what_is_new()
    {
        var before = await NowAsync();
        await AddAsync("1");
        var command = (await Commands.FindAsync("C", "1", default))!;
        Assert.InRange(command.CreatedAt, before, await NowAsync());
        Assert.Equal(60_000, command.ExpiresAt - command.CreatedAt);
        await SetAsync("created_at = created_at - 11000");
        Assert.Empty(await Commands.SerialsWaitingAsync(TimeSpan.FromSeconds(10), default));
        Assert.Equal(["C"], await Commands.SerialsWaitingAsync(TimeSpan.FromDays(30), default));
    }

    [Fact]
    public async Task What_is_due_expires_and_what_is_old_is_forgotten()
    {
        foreach (var id in (string[])["1", "2", "3"]) await AddAsync(id);
        await Commands.DeliveredAsync("C", "2", isRefused: false, default);
        await SetAsync("expires_at = created_at - 1");
        Assert.Empty(await Commands.WaitingAsync("C", default));
        Assert.False(await Commands.TryBridgeAsync("C", "1", default));
        await Commands.ExpireAsync(s_minute, default);
        Assert.Equal([CommandState.Expired, CommandState.Delivered, CommandState.Expired], (await Commands.ListAsync("C", 10, null, default)).Select(c => c.State));
        await SetAsync("created_at = created_at - 60001");
        await Commands.ExpireAsync(s_minute, default);
        Assert.Empty(await Commands.ListAsync("C", 10, null, default));
    }

    private Task<TerminalCommand?> AddAsync(string id) => Commands.AddAsync("C", id, "{}", s_minute, default);

    private async Task SetAsync(string what)
    {
        await using var connection = await Database.OpenAsync();
        await connection.ExecuteAsync($"update commands set {what}");
    }

    private async Task<long> NowAsync()
    {
        await using var connection = await Database.OpenAsync();
        return await connection.ExecuteScalarAsync<long>($"select {Database.NowMs}");
    }
}
