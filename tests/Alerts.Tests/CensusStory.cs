using Dapper;
using Fleet.Alerts.Book;
using Fleet.Alerts.Neighbours;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Fleet.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Alerts.Tests;

public sealed class CensusOnSqlite : CensusStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class CensusOnPostgres(PostgresServer server) : CensusStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

/// <summary>The census in the store, and what the book makes of it. L1 to L6 are shops of one terminal each.</summary>
public abstract class CensusStory : OnAStore
{
    [Fact]
    public async Task A_restart_forgets_nothing_of_it()
    {
        await using var room = await Room.OpenAsync(Database);
        room.Says("L1", app: "7.0.1", cell: "X");
        room.Time.Advance(TimeSpan.FromHours(1));
        room.Says("L1", app: "7.1.0");
        Assert.Equal(Without.Cable, room.Get<Census>().Find("L1").Without); // by radio
        room.Get<Census>().Hear(room.Report("L1", source: "battery"), standsOnMains: true);
        var before = room.Get<Census>().Find("L1");
        Assert.Equal(room.NowMs / 1000 * 1000, before.MainsLostAtMs);
        await Rows(room).WriteAsync(default);

        var (_, again) = await AnotherAsync(room);
        Assert.Equal(before, again.Find("L1"));
        Assert.Equal((1, 0, 1), (again.CountOf("cohort:app:7.1.0"), again.CountOf("cohort:app:7.0.1"), again.CountOf("cell:X")));
        Assert.Empty(again.TakeChanged(10));
    }

    [Fact]
    public async Task A_store_of_before_gets_the_column_it_lacks_and_keeps_its_rows()
    {
        await using (var connection = await Database.OpenAsync())
            await connection.ExecuteAsync("""
                create table census (
                  serial text primary key, app text, app_since bigint not null, firmware text, firmware_since bigint not null, cell text,
                  node text not null, changed_at bigint not null);
                insert into census (serial, app, app_since, firmware_since, node, changed_at) values ('old', '7.0.1', 0, 0, 'another', 0);
                """);
        await using var room = await Room.OpenAsync(Database);
        room.Says("L1", cell: "X");
        await Rows(room).WriteAsync(default);
        await AlertsTables.EnsureAsync(Database); // the next start finds it there

        var (_, again) = await AnotherAsync(room);
        Assert.Equal(("7.0.1", Without.Nothing, Without.Cable), (again.Find("old").App, again.Find("old").Without, again.Find("L1").Without));
    }

    [Fact]
    public async Task Only_what_has_changed_is_written_in_one_batch()
    {
        await using var room = await Room.OpenAsync(Database);
        for (var i = 0; i < 5000; i++) room.Says($"X{i}", app: "7.0.1");
        await Rows(room).WriteAsync(default);
        room.Time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 5000; i++) room.Says($"X{i}", app: i == 7 ? "7.1.0" : "7.0.1");
        await Rows(room).WriteAsync(default);
        await using var connection = await Database.OpenAsync();
        Assert.Equal([4999L, 1L], await connection.QueryAsync<long>("select count(*) from census group by changed_at order by changed_at"));
    }

    [Fact]
    public async Task Another_process_learns_what_was_written_here_and_keeps_what_it_heard_itself()
    {
        await using var room = await Room.OpenAsync(Database);
        var (theirs, other) = await AnotherAsync(room);
        room.Says("L1", app: "7.0.1");
        room.Says("L2", app: "7.0.1");
        await Rows(room).WriteAsync(default);
        other.Hear(room.Report("L2", app: "7.0.2"));
        room.Time.Advance(TimeSpan.FromSeconds(5));
        await theirs.ReadAsync(default);
        Assert.Equal(("7.0.1", "7.0.2"), (other.Find("L1").App, other.Find("L2").App));
    }

    [Fact]
    public async Task A_store_that_is_away_loses_nothing_of_it()
    {
        await using var room = await Room.OpenAsync(Database);
        room.Says("L1", app: "7.0.1");
        using (var stopped = new CancellationTokenSource())
        {
            await stopped.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Rows(room).WriteAsync(stopped.Token));
        }
        await Rows(room).WriteAsync(default);
        Assert.Equal("7.0.1", (await AnotherAsync(room)).Census.Find("L1").App);
    }

    [Fact]
    public async Task A_cell_that_is_down_is_one_message_to_each_of_its_merchants()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        for (var i = 1; i <= 5; i++) await room.Raises("offline", raised, $"L{i}");
        await room.Raises("offline", raised, "far");
        await room.Raises("carrier-outage", raised, "cell:X");
        await room.PassAsync(29);
        Assert.Empty(room.Pushes.Parcels); // all of it might be the carrier's
        await room.PassAsync(31);
        Assert.Equal(["cell:X to M-L1", "cell:X to M-L2", "cell:X to M-L3", "cell:X to M-L4", "cell:X to M-L5", "far to M-far"],
            room.Pushes.Parcels.Select(p => $"{p.Notice.Alert.Subject} to {p.Recipient}").Order(StringComparer.Ordinal));
        Assert.Equal(8, room.Get<IMembers>().CountOf("carrier:46000"));
        Assert.Equal((6, "S-L1"), (room.Get<IMembers>().CountOf("cell:X"), room.Get<IMembers>().SiteOf("L1")));
    }

    [Fact]
    public async Task A_cell_that_is_down_with_its_whole_carrier_is_the_carriers()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        for (var i = 1; i <= 5; i++) await room.Raises("offline", raised, $"L{i}");
        await room.Raises("carrier-outage", raised, "cell:X");
        await room.PassAsync(10);
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.PassAsync(600);
        Assert.Equal(Enumerable.Repeat("carrier:46000", 5), room.Pushes.Parcels.Select(p => p.Notice.Alert.Subject));
        Assert.Single((await room.ListAsync()).Select(a => a.Incident).Distinct());
    }

    [Fact]
    public async Task A_cell_that_stays_down_when_its_carrier_is_back_is_told_then_and_lets_its_members_go_when_it_is_back_too()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        for (var i = 1; i <= 5; i++) await room.Raises("offline", raised, $"L{i}");
        await room.Raises("carrier-outage", raised, "cell:X");
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.PassAsync(600);
        await room.ClearsOf("carrier:46000", "carrier-outage", raised);
        await room.PassAsync(130);
        Assert.Equal(5, room.Pushes.Parcels.Count(p => p.Notice.Alert.Subject == "cell:X"));
        await room.ClearsOf("cell:X", "carrier-outage", raised);
        await room.PassAsync(130);
        Assert.Equal(["L1", "L2", "L3", "L4", "L5"], room.Pushes.Parcels.Select(p => p.Notice.Alert.Subject).Where(s => s[0] == 'L').Order(StringComparer.Ordinal));
        Assert.All(await room.ListAsync(AlertState.Open), a => Assert.Equal((false, null), (a.Held, a.Cause)));
    }

    /// <summary>L1 to L6 live in cell X; far has the same carrier and another cell.</summary>
    private async Task<Room> OpenAsync()
    {
        var room = await Room.OpenAsync(Database);
        await room.Get<Registry>().ImportAsync([
            .. Enumerable.Range(1, 6).Select(i => Room.Registered($"L{i}", $"S-L{i}", $"M-L{i}")), Room.Registered("far", "S-far", "M-far")]);
        for (var i = 1; i <= 6; i++) room.Says($"L{i}", cell: "X");
        room.Says("far", cell: "Y");
        return room;
    }

    private static CensusRows Rows(Room room) => room.Get<CensusRows>();

    /// <summary>Another process on the same store, as it stands up.</summary>
    private async Task<(CensusRows Rows, Census Census)> AnotherAsync(Room room)
    {
        var census = new Census();
        var rows = new CensusRows(Database, census, room.Time, NullLogger<CensusRows>.Instance);
        await rows.ReadAsync(default);
        return (rows, census);
    }
}
