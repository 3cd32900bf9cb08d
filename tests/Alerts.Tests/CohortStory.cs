using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Neighbours;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class CohortsOnSqlite : CohortStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class CohortsOnPostgres(PostgresServer server) : CohortStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

/// <summary>L0 to L199 are shops of one terminal each that run app 7.0.1; an hour ago L0 to L9 got 7.1.0.</summary>
public abstract class CohortStory : OnAStore
{
    private const string Bad = "cohort:app:7.1.0";

    [Fact]
    public async Task What_the_book_holds_is_enough_to_find_a_bad_version_and_to_see_it_end()
    {
        await using var room = await OpenAsync();
        var cohorts = new Cohorts(room.Get<Census>(), room.Get<IMembers>().SiteOf, room.Get<IMembers>().ModelOf, CohortLimits.Default);
        for (var i = 0; i < 8; i++) await room.Raises("system-fault", room.NowMs, $"L{i}");
        await room.ClearsOf("L7", "system-fault", room.NowMs);
        await room.Raises("paper-out", room.NowMs, "L8");
        await LookAsync(room, cohorts);
        room.Time.Advance(TimeSpan.FromMinutes(10));
        await LookAsync(room, cohorts);
        var group = (await room.ListAsync()).Single(a => a.Subject == Bad);
        Assert.Equal(("cohort-regression", null), (group.Fault, group.Terminal));
        Assert.Equal(7, (await room.ListAsync()).Count(a => a.Cause == "cohort-regression" && a.Incident == group.Id));

        for (var i = 0; i < 10; i++) room.Says($"L{i}", app: "7.0.1");
        await LookAsync(room, cohorts);
        room.Time.Advance(TimeSpan.FromMinutes(10));
        await LookAsync(room, cohorts);
        Assert.Equal("cleared", (await room.ListAsync()).Single(a => a.Subject == Bad).State.ToString().ToLowerInvariant());
        Assert.All(await room.ListAsync(), a => Assert.Null(a.Cause));
    }

    [Fact]
    public async Task Merchants_are_told_of_their_terminals_at_once_and_never_of_the_version()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("system-fault", raised, "L1");
        await room.PassAsync(0);
        await FoundAsync(room, raised);
        await room.Raises("system-fault", room.NowMs, "L2");
        await room.PassAsync(3600);
        Assert.Equal(["L1 system-fault raised", "L2 system-fault raised"], Pushed(room));
        Assert.All((await room.ListAsync()).Where(a => a.Terminal is not null), a => Assert.Equal((false, "cohort-regression"), (a.Held, a.Cause)));
        await room.ClearsOf("L1", "system-fault", raised);
        await room.PassAsync(1);
        Assert.Equal("L1 system-fault cleared", Pushed(room)[^1]);
    }

    [Fact]
    public async Task Nobody_is_sent_for_what_a_version_does_until_it_has_gone_and_the_fault_has_not()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("system-fault", raised, "L1");
        await room.PassAsync(86_401);
        Assert.Equal("open", Assert.Single(await room.TicketsAsync()).State);
        await FoundAsync(room, raised);
        await room.Raises("no-start", room.NowMs, "L2");
        await room.Raises("system-fault", room.NowMs, "L3");
        await room.PassAsync(2 * 86_400);
        Assert.Equal(["L1 closed", "L2 open"], await TicketsAsync(room)); // L2 does not crash: that is its own
        await room.ClearsOf(Bad, "cohort-regression", raised);
        await room.PassAsync(121);
        Assert.Equal(["L1 open", "L2 open", "L3 open"], await TicketsAsync(room));
    }

    [Fact]
    public async Task The_groups_that_wait_and_those_that_do_not_share_no_fault()
    {
        var waiting = GroupKind.All.Except(GroupKind.Compared).SelectMany(kind => kind.Explained).ToHashSet();
        Assert.All(GroupKind.Compared, kind => Assert.Empty(kind.Explained.Intersect(waiting)));
        await using var room = await OpenAsync();
        Assert.All(GroupKind.Compared.SelectMany(kind => kind.Explained), fault => Assert.True(room.Get<FaultCatalogue>().Find(fault) is not null, fault));
    }

    private async Task<Room> OpenAsync()
    {
        var room = await Room.OpenAsync(Database);
        await room.Get<Registry>().ImportAsync([.. Enumerable.Range(0, 200).Select(i => Room.Registered($"L{i}", $"S-L{i}", $"M-L{i}"))]);
        for (var i = 0; i < 200; i++) room.Says($"L{i}", app: "7.0.1");
        room.Time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 10; i++) room.Says($"L{i}", app: "7.1.0");
        room.Time.Advance(TimeSpan.FromHours(1));
        return room;
    }

    private static async Task LookAsync(Room room, Cohorts cohorts)
    {
        foreach (var found in cohorts.Look(await room.Get<IMembers>().TroublesAsync(room.NowMs - 2 * CohortLimits.Default.WindowMs, default), room.NowMs)) await room.Book.PostAsync(found);
        await room.Book.DrainAsync();
    }

    private static async Task FoundAsync(Room room, long raisedAt)
    {
        await room.Book.PostAsync(new(Bad, "cohort-regression", FindingKind.Raised, raisedAt, room.NowMs, [new(Cohorts.MemberFault, Text: "system-fault")]));
        await room.Book.DrainAsync();
    }

    private static async Task<IEnumerable<string>> TicketsAsync(Room room) => (await room.TicketsAsync()).Select(t => $"{t.Terminal} {t.State}").Order(StringComparer.Ordinal);

    private static List<string> Pushed(Room room) => [.. room.Pushes.Parcels.Select(p => $"{p.Notice.Alert.Subject} {p.Notice.Alert.Fault} {p.Notice.Change.Name()}")];
}
