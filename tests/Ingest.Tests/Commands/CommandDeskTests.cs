using System.IO.Pipelines;
using Dapper;
using Fleet.Grains.Reports;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Mqtt.Sessions;
using Fleet.Ingest_Tests.Mqtt;
using Fleet.Ingest_Tests.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Ingest_Tests.Commands;

public sealed class CommandDeskTests() : StoreTests(null)
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Of_a_terminal_that_never_came_for_its_commands_nothing_is_kept_once_they_have_expired()
    {
        await Database.EnsureAsync(CommandStore.Tables);
        using var bridges = new Bridges(new(), new(), new(), null!, Database, _time, NullLogger<Bridges>.Instance);
        using var desk = new CommandDesk(new(Database), new(new(), new(1000, _time)), bridges, _time, NullLogger<CommandDesk>.Instance);
        await desk.StartAsync(default);
        Assert.NotNull(await desk.SendAsync("short", "1", "{}", TimeSpan.FromMilliseconds(1), default));
        Assert.NotNull(await desk.SendAsync("long", "1", "{}", TimeSpan.FromHours(1), default));
        Assert.Equal(2, desk.Waiting);
        await Some.Until(() => { _time.Advance(TimeSpan.FromSeconds(1)); return desk.Waiting == 1; }, "the terminal to be forgotten");
        await desk.StopAsync(default);
    }

    [Fact]
    public async Task What_a_session_holds_goes_again_where_the_store_is_away_and_not_where_it_has_done_with_it()
    {
        await Database.EnsureAsync(CommandStore.Tables);
        using var bridges = new Bridges(new(), new(), new(), null!, Database, _time, NullLogger<Bridges>.Instance);
        var subscriptions = new Subscriptions();
        using var desk = new CommandDesk(new(Database), new(subscriptions, new(1000, _time)), bridges, _time, NullLogger<CommandDesk>.Instance);
        await desk.StartAsync(default);
        var session = Subscribed(subscriptions);
        await desk.SendAsync("S", "1", "{}", TimeSpan.FromHours(1), default);
        await Some.Until(() => session.Receipts().Count == 1, "the command");
        await desk.ReviewAsync(session);
        Assert.False(session.Receipts()[0].IsVoid);
        await using (var connection = await Database.OpenAsync()) await connection.ExecuteAsync("drop table commands");
        await desk.ReviewAsync(session);
        Assert.False(session.Receipts()[0].IsVoid);
        await Database.EnsureAsync(CommandStore.Tables);
        await desk.ReviewAsync(session);
        Assert.True(session.Receipts()[0].IsVoid);
        await desk.StopAsync(default);
    }

    [Fact]
    public async Task However_often_a_terminal_subscribes_while_the_store_is_away_it_stands_in_the_queue_once()
    {
        await Database.EnsureAsync(CommandStore.Tables);
        var subscriptions = new Subscriptions();
        using var bridges = new Bridges(new(), new(), new(), null!, Database, _time, NullLogger<Bridges>.Instance);
        using var desk = new CommandDesk(new(Database), new(subscriptions, new(1000, _time)), bridges, _time, NullLogger<CommandDesk>.Instance);
        await desk.StartAsync(default);
        await desk.SendAsync("S", "1", "{}", TimeSpan.FromHours(1), default);
        await using (var connection = await Database.OpenAsync()) await connection.ExecuteAsync("drop table commands");

        Subscribed(subscriptions);
        for (var i = 0; i < 1000; i++) desk.Wake("S");
        Assert.InRange(desk.Queued, 0, 1);
        await desk.StopAsync(default);
    }

    [Fact]
    public async Task The_time_for_which_a_tools_command_waits_for_the_store_is_taken_off_its_expiry()
    {
        using var desk = new CommandDesk(new(Database), new(new(), new(1000, _time)), new(new(), new(), new(), null!, Database, _time, NullLogger<Bridges>.Instance), _time, NullLogger<CommandDesk>.Instance);
        var tools = new ToolCommands(desk, new(), _time, NullLogger<ToolCommands>.Instance);
        var keeping = tools.KeepAsync(new("fleet/v1/S/command", """{"id":"1"}"""u8.ToArray(), 1, false, _time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000), default);
        await Database.EnsureAsync(CommandStore.Tables);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(Refusal.None, await keeping);
        var kept = (await desk.FindAsync("S", "1", default))!;
        Assert.Equal(40_000, kept.ExpiresAt - kept.CreatedAt);
    }

    /// <summary>The session of a terminal that is connected, and has not got its CONNACK yet.</summary>
    private Session Subscribed(Subscriptions subscriptions)
    {
        var session = new Session("S", "S", new(), new(1000), _time);
        subscriptions.Add(new(session, "fleet/v1/S/command", 1, false, false, 0));
        session.Attach(new(new DefaultConnectionContext { Transport = new Line.Duplex(new Pipe().Reader, new Pipe().Writer) }, null!, null!, new(), _time));
        return session;
    }
}
