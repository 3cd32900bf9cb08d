using Fleet.Ingest.Bridge;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Mqtt.Sessions;
using Fleet.Ingest_Tests.Store;
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
}
