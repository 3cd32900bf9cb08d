using Fleet.Grains.Terminals;
using Fleet.Store;
using Fleet.Tests;

namespace Fleet.Ingest_Tests.Store;

public sealed class TerminalStatesOnSqlite() : TerminalStatesTests(null)
{
    [Fact]
    public async Task States_lie_in_the_order_they_were_first_written_in_and_stay_there()
    {
        await States.SaveAsync([State("Z", 0, [1]), State("A", 0, [1])], default);
        await States.SaveAsync([State("A", 1, [2]), State("M", 0, [1]), State("Z", 1, [2])], default);
        var places = await Task.WhenAll(((string[])["Z", "A", "M"]).Select(async serial => (await States.LoadAsync(serial))!.Value.Place));
        Assert.All(places, place => Assert.InRange(place, 1, StateWriter.FirstNewPlace - 1));
        Assert.Equal(places.Order(), places);
    }
}

public sealed class TerminalStatesOnPostgres(PostgresServer server) : TerminalStatesTests(server);

public abstract class TerminalStatesTests(PostgresServer? postgres) : StoreTests(postgres)
{
    private TerminalStates _states = null!;

    protected ITerminalStates States => _states;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.EnsureAsync(TerminalStates.Tables);
        _states = new(Database);
    }

    [Fact]
    public async Task A_state_is_loaded_as_it_was_saved_with_the_version_that_follows()
    {
        Assert.Empty(await _states.SaveAsync([State("T1", 0, [1, 2, 3])], default));
        var loaded = await _states.LoadAsync("T1");
        Assert.Equal([1, 2, 3], loaded!.Value.State);
        Assert.Equal(1, loaded.Value.Version);
        Assert.Null(await _states.LoadAsync("T2"));
    }

    [Fact]
    public async Task A_stale_version_is_refused_and_the_others_are_written()
    {
        await _states.SaveAsync([State("T1", 0, [1]), State("T2", 0, [1])], default);
        await _states.SaveAsync([State("T1", 1, [2])], default);
        Assert.Equal(["T1"], await _states.SaveAsync([State("T1", 1, [9]), State("T2", 1, [2]), State("T3", 0, [1])], default));
        Assert.Equal([2], (await _states.LoadAsync("T1"))!.Value.State);
        Assert.Equal([2], (await _states.LoadAsync("T2"))!.Value.State);
        Assert.Equal(["T1"], await _states.SaveAsync([State("T1", 0, [9])], default)); // an activation that never heard of a state
    }

    [Fact]
    public async Task Many_who_ask_together_get_their_own_states()
    {
        await _states.SaveAsync([.. Enumerable.Range(0, 2500).Select(i => State($"T{i}", 0, BitConverter.GetBytes(i)))], default);
        var loaded = await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => _states.LoadAsync($"T{i}")));
        for (var i = 0; i < 3000; i++)
        {
            if (i < 2500) Assert.Equal(i, BitConverter.ToInt32(loaded[i]!.Value.State));
            else Assert.Null(loaded[i]);
        }
    }

    [Fact]
    public async Task A_shard_is_told_the_deadlines_of_its_own_terminals_that_are_awaited()
    {
        await _states.SaveAsync([State("A", 0, [1], 7, 100, 60), State("B", 0, [1], 7), State("C", 0, [1], 8, 100, 60)], default);
        Assert.Equal([new Deadline("A", 100, 60)], await _states.DeadlinesAsync(7, default));
    }

    protected static StateWrite State(string serial, long expected, byte[] state, int shard = 0, long silentAt = 0, long silentAfter = 0) =>
        new(serial, shard, expected, silentAt, silentAfter, state);
}
