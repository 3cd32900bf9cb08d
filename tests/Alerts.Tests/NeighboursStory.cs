using Dapper;
using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Neighbours;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class NeighboursOnSqlite : NeighboursStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class NeighboursOnPostgres(PostgresServer server) : NeighboursStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

/// <summary>Shop S-2 of merchant M-2 has A and B; six shops of one terminal each, L1 to L6, share carrier 46000 with them.</summary>
public abstract class NeighboursStory : OnAStore
{
    [Fact]
    public async Task A_terminal_with_neighbours_is_told_when_they_have_had_their_time_and_a_lone_one_at_once()
    {
        await using var room = await OpenAsync();
        await room.Raises("offline", room.NowMs, "lone");
        await room.Raises("offline", room.NowMs, "A");
        await room.PassAsync(0);
        Assert.Equal(["lone offline raised"], Pushed(room));
        Assert.Equal([true, false], (await room.ListAsync()).OrderBy(a => a.Terminal, StringComparer.Ordinal).Select(a => a.Held));
        await room.PassAsync(59);
        Assert.Single(Pushed(room));
        await room.PassAsync(1);
        Assert.Equal(["lone offline raised", "A offline raised"], Pushed(room));
        Assert.All(await room.ListAsync(), a => Assert.False(a.Held));
    }

    [Fact]
    public async Task What_is_over_before_it_was_told_is_never_told()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("weak-signal", raised, "A");
        await room.PassAsync(10);
        await room.ClearsOf("A", "weak-signal", raised);
        await room.PassAsync(600);
        Assert.Empty(Pushed(room));
        Assert.Equal(2, (await room.OutboxAsync("history")).Length);
    }

    [Fact]
    public async Task A_fault_that_is_old_when_it_becomes_known_does_not_wait()
    {
        await using var room = await OpenAsync();
        await room.Raises("offline", room.NowMs - 60_000, "A");
        await room.PassAsync(0);
        Assert.Equal(["A offline raised"], Pushed(room));
    }

    [Fact]
    public async Task A_region_without_power_is_one_message_to_each_merchant_and_no_visit()
    {
        await using var room = await OpenAsync();
        var shops = Enumerable.Range(1, 6).Select(i => Room.Registered($"R{i}", $"R-{i}", $"M-R{i}") with { Region = "Pudong" });
        await room.Get<Registry>().ImportAsync(shops);
        for (var i = 1; i <= 3; i++) await room.Raises(i == 3 ? "offline" : "adapter-fault", room.NowMs, $"R{i}");
        await room.Raises("offline", room.NowMs, "lone");
        Assert.Equal(["R1", "R2", "R3"], (await room.Get<GroupFaults>().OpenAsync("region:Pudong", default)).Select(change => change.Member));
        room.Get<Census>().Put(new("R4", Without: Without.Mains), room.NowMs);
        foreach (var group in new[] { "region:Pudong", "site:R-4" }) Assert.Equal(["R4"], room.Get<GroupFaults>().Without(group, Without.Mains).Keys);
        Assert.Empty(room.Get<GroupFaults>().Without("site:R-3", Without.Mains));
        await room.Raises("site-outage", room.NowMs, "region:Pudong");
        await room.PassAsync(60);
        Assert.Equal(["lone offline raised", .. Enumerable.Repeat("region:Pudong site-outage raised", 3)], Pushed(room).Order());
        var region = (await room.ListAsync()).Single(alert => alert.Subject == "region:Pudong");
        Assert.Equal(("site-outage", region.Id), (await room.ListAsync()).Where(alert => alert.Subject == "R1").Select(alert => (alert.Cause, alert.Incident)).Single());
        await room.PassAsync(3 * 3600);
        Assert.DoesNotContain(await room.TicketsAsync(), ticket => ticket.Alert == region.Id);
    }

    [Fact]
    public async Task A_small_carrier_that_seems_to_be_out_has_its_cause_in_its_region_without_power()
    {
        await using var room = await OpenAsync();
        await room.Get<Registry>().ImportAsync([
            .. Enumerable.Range(1, 6).Select(i => Room.Registered($"R{i}", $"R-{i}", $"M-R{i}", "46011") with { Region = "Pudong" }),
            Room.Registered("far", "R-far", "M-far", "46011") with { Region = "Puxi" }]);
        await room.Raises("offline", room.NowMs, "far"); // a drawer, since yesterday
        await room.PassAsync(86_400);
        for (var i = 1; i <= 6; i++) await room.Raises("offline", room.NowMs, $"R{i}");
        await room.Raises("carrier-outage", room.NowMs, "carrier:46011");
        await room.PassAsync(10);
        await room.Raises("site-outage", room.NowMs, "region:Pudong");
        await room.PassAsync(600);
        Assert.Equal(Enumerable.Repeat("region:Pudong site-outage raised", 6), Pushed(room).Where(pushed => !pushed.StartsWith("far", StringComparison.Ordinal)));
        var alerts = (await room.ListAsync()).Where(alert => alert.Subject != "far").ToList();
        Assert.All(alerts, alert => Assert.Equal(alerts.Single(one => one.Subject == "region:Pudong").Id, alert.Incident));
    }

    [Fact]
    public async Task A_shop_without_power_is_one_message_to_its_merchant_and_one_when_it_is_over()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("offline", raised, "A");
        await room.PassAsync(20);
        await room.Raises("offline", room.NowMs, "B");
        await room.Raises("site-outage", raised, "site:S-2");
        await room.PassAsync(30);
        Assert.Equal(["site:S-2 site-outage raised"], Pushed(room));

        var alerts = (await room.ListAsync()).ToDictionary(a => a.Subject);
        var group = alerts["site:S-2"];
        Assert.Equal((null, "S-2", "M-2", group.Id), (group.Terminal, group.Site, group.Merchant, group.Incident));
        Assert.Equal(("site-outage", group.Id, true), (alerts["A"].Cause, alerts["A"].Incident, alerts["A"].Held));

        await room.ClearsOf("A", "offline", raised);
        await room.ClearsOf("B", "offline", raised + 20_000);
        await room.ClearsOf("site:S-2", "site-outage", raised);
        await room.PassAsync(600);
        Assert.Equal(["site:S-2 site-outage raised", "site:S-2 site-outage cleared"], Pushed(room));
    }

    [Fact]
    public async Task A_shop_that_was_found_in_the_same_moment_on_another_node_brings_its_terminals_along_when_it_joins_the_carrier()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        foreach (var serial in (string[])["A", "B", "L1", "L2", "L3"]) await room.Raises("offline", raised, serial);
        await room.Raises("site-outage", raised, "site:S-2");
        // The carrier's transaction did not see the shop's, nor that the shop's terminals are spoken for.
        await using (var connection = await room.Database.OpenAsync())
            await connection.ExecuteAsync("delete from alert_groups where subject = 'carrier:46000' and alert in (select id from alerts where cause = 'site-outage' or terminal = 'site:S-2')");
        await room.Raises("carrier-outage", raised, "carrier:46000");
        Assert.Equal("site-outage", (await room.ListAsync()).Single(alert => alert.Terminal == "A").Cause);

        await room.PassAsync(31);
        var alerts = await room.ListAsync();
        var carrier = alerts.Single(alert => alert.Subject == "carrier:46000");
        Assert.All(alerts.Where(alert => alert != carrier), alert => Assert.Equal(("carrier-outage", carrier.Id, true), (alert.Cause, alert.Incident, alert.Held)));
        Assert.Equal(["raised", "joined", "joined"], (await room.Get<AlertDesk>().FindAsync(alerts.Single(alert => alert.Terminal == "A").Id, Language.English, default))!.History.Select(change => change.Kind));
        await room.PassAsync(600);
        Assert.Equal(Enumerable.Repeat("carrier:46000 carrier-outage raised", 4), Pushed(room));
    }

    [Fact]
    public async Task A_carriers_bad_morning_is_one_message_to_each_merchant_and_no_visit()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        foreach (var serial in new[] { "A", "B", "L1", "L2", "L3" }) await room.Raises("offline", raised, serial);
        await room.Raises("site-outage", raised, "site:S-2");
        await room.PassAsync(5);
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.PassAsync(5);
        Assert.Equal(Enumerable.Repeat("carrier:46000 carrier-outage raised", 4), Pushed(room));
        Assert.Equal(["M-2", "M-L1", "M-L2", "M-L3"], room.Pushes.Parcels.Select(p => p.Recipient).Order());
        Assert.All(room.Pushes.Parcels, p => Assert.Equal(p.Recipient, p.Notice.Alert.Merchant));

        // One more falls silent later: its merchant is told of the carrier, once.
        await room.PassAsync(300);
        await room.Raises("offline", room.NowMs, "L4");
        await room.Raises("weak-signal", room.NowMs, "L4");
        await room.PassAsync(7200);
        Assert.Equal("M-L4", Assert.Single(room.Pushes.Parcels.Skip(4)).Recipient);
        Assert.Empty(await room.TicketsAsync());
        Assert.Single((await room.ListAsync()).Select(a => a.Incident).Distinct());
    }

    [Fact]
    public async Task Who_does_not_come_back_when_the_cause_has_ended_is_told_after_a_grace_and_gets_a_visit()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        foreach (var serial in new[] { "L1", "L2", "L3", "L4", "L5" }) await room.Raises("offline", raised, serial);
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.PassAsync(3600);
        foreach (var serial in new[] { "L2", "L3", "L4", "L5" }) await room.ClearsOf(serial, "offline", raised);
        await room.ClearsOf("carrier:46000", "carrier-outage", raised);
        await room.PassAsync(119);
        Assert.DoesNotContain("L1 offline raised", Pushed(room));
        Assert.Empty(await room.TicketsAsync());
        await room.PassAsync(1);
        Assert.Equal("L1 offline raised", Pushed(room)[^1]);
        Assert.Equal("L1", Assert.Single(await room.TicketsAsync()).Terminal);
        var alert = Assert.Single(await room.ListAsync(AlertState.Open));
        Assert.Null(alert.Cause);
        Assert.Equal(["raised", "joined", "left", "released"], (await room.Alerts.FindAsync(alert.Id, Language.English, default))!.History.Select(h => h.Kind));
        await room.ClearsOf("L1", "offline", raised);
        await room.PassAsync(1);
        Assert.Equal("L1 offline cleared", Pushed(room)[^1]);
    }

    [Fact]
    public async Task Who_is_silent_when_its_cause_ends_after_closing_time_is_told_in_the_morning()
    {
        await using var room = await OpenAsync();
        var (raised, offFrom, offUntil) = (room.NowMs, room.NowMs + 3_600_000, room.NowMs + 12 * 3_600_000L);
        foreach (var serial in new[] { "L1", "L2", "L3", "L4", "L5" })
            await room.Book.PostAsync(Room.Some(FindingKind.Raised, "offline", raised, raised, serial) with { Evidence = [new("mayBeOffFromMs", offFrom), new("mayBeOffUntilMs", offUntil)] });
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.PassAsync(7200);
        await room.ClearsOf("carrier:46000", "carrier-outage", raised);
        await room.PassAsync(120);
        await room.PassAsync(9 * 3600);
        Assert.DoesNotContain(Pushed(room), pushed => pushed.Contains("offline", StringComparison.Ordinal));
        Assert.Empty(await room.TicketsAsync());
        foreach (var serial in new[] { "L2", "L3", "L4", "L5" }) await room.ClearsOf(serial, "offline", raised);
        await room.PassAsync(2 * 3600);
        await room.PassAsync(1);
        Assert.Equal("L1 offline raised", Assert.Single(Pushed(room), pushed => pushed.Contains("offline", StringComparison.Ordinal)));
        Assert.Equal("L1", Assert.Single(await room.TicketsAsync()).Terminal);
    }

    [Fact]
    public async Task A_visit_that_was_called_for_is_called_off_when_the_carrier_turns_out_to_be_the_cause_and_called_for_again()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("offline", raised, "L1");
        await room.PassAsync(1800);
        await room.PassAsync(1);
        Assert.Equal("open", Assert.Single(await room.TicketsAsync()).State);
        await room.Raises("carrier-outage", raised + 60_000, "carrier:46000");
        await room.PassAsync(1);
        Assert.Equal(("closed", "has-cause"), Of(Assert.Single(await room.TicketsAsync())));
        await room.ClearsOf("carrier:46000", "carrier-outage", raised + 60_000);
        await room.PassAsync(121);
        Assert.Equal(("open", null), Of(Assert.Single(await room.TicketsAsync())));

        static (string, string?) Of(Dispatch.TicketView ticket) => (ticket.State, ticket.Reason);
    }

    [Fact]
    public async Task A_shop_without_power_has_no_cables_to_inspect_but_a_lone_adapter_has()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("adapter-fault", raised, "A");
        await room.Raises("adapter-fault", raised, "B");
        await room.Raises("site-outage", raised, "site:S-2");
        await room.Raises("adapter-fault", raised, "lone");
        await room.PassAsync(600);
        Assert.Equal(["lone open"], await TasksAsync(room));

        // Power is back, and B's adapter did not survive it.
        await room.ClearsOf("A", "adapter-fault", raised);
        await room.ClearsOf("site:S-2", "site-outage", raised);
        await room.PassAsync(22 * 60 - 1); // it needs 20 minutes on mains to be well
        Assert.Equal(["lone open"], await TasksAsync(room));
        await room.PassAsync(1);
        Assert.Equal(["B open", "lone open"], await TasksAsync(room));
    }

    [Fact]
    public async Task A_task_of_an_alert_that_was_told_is_off_while_its_site_is_the_cause()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("adapter-fault", raised, "A");
        await room.PassAsync(30);
        Assert.Equal(["A open"], await TasksAsync(room));
        await room.Raises("adapter-fault", room.NowMs, "B");
        await room.Raises("site-outage", raised, "site:S-2");
        await room.PassAsync(30);
        Assert.Equal(["A closed"], await TasksAsync(room));
        await room.ClearsOf("B", "adapter-fault", raised + 30_000);
        await room.ClearsOf("site:S-2", "site-outage", raised);
        await room.PassAsync(1);
        Assert.Equal(["A open"], await TasksAsync(room));
        await room.ClearsOf("A", "adapter-fault", raised);
        Assert.Equal(["A closed"], await TasksAsync(room));
    }

    [Fact]
    public async Task A_signal_that_is_weak_when_the_carriers_is_does_not_recur()
    {
        await using var room = await OpenAsync();
        for (var day = 0; day < 3; day++)
        {
            var raised = room.NowMs;
            await room.Raises("weak-signal", raised, "L1");
            if (day < 2) await room.Raises("carrier-outage", raised, "carrier:46000");
            await room.PassAsync(60);
            await room.ClearsOf("L1", "weak-signal", raised);
            if (day < 2) await room.ClearsOf("carrier:46000", "carrier-outage", raised);
            await room.PassAsync(86_400 - 60);
        }
        Assert.Empty(await TasksAsync(room));
    }

    [Fact]
    public async Task A_merchant_who_was_told_of_a_fault_before_its_cause_was_found_is_told_that_it_is_over()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("offline", raised, "L1");
        await room.PassAsync(60);
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.PassAsync(60);
        await room.ClearsOf("L1", "offline", raised);
        await room.PassAsync(1);
        Assert.Equal(["L1 offline raised", "carrier:46000 carrier-outage raised", "L1 offline cleared"], Pushed(room));
    }

    [Fact]
    public async Task A_crash_forgets_neither_what_is_held_nor_what_has_a_cause()
    {
        var time = Room.Clock();
        long raised;
        await using (var room = await OpenAsync(time))
        {
            raised = room.NowMs;
            await room.Raises("offline", raised, "A");
            await room.Raises("offline", raised, "L1");
            await room.Raises("site-outage", raised, "site:S-2");
        }
        await using var restarted = await OpenAsync(time);
        await restarted.PassAsync(60);
        Assert.Equal(["L1 offline raised", "site:S-2 site-outage raised"], Pushed(restarted).Order(StringComparer.Ordinal));
        Assert.Equal("site-outage", (await restarted.ListAsync()).Single(a => a.Terminal == "A").Cause);
    }

    [Fact]
    public async Task A_group_that_comes_while_a_fault_waits_after_its_cause_takes_it_along()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Raises("offline", raised, "A");
        await room.Raises("site-outage", raised, "site:S-2");
        await room.PassAsync(40);
        await room.Raises("carrier-outage", raised, "carrier:46000");
        await room.ClearsOf("site:S-2", "site-outage", raised);
        await room.PassAsync(200);
        var alert = (await room.ListAsync()).Single(a => a.Terminal == "A");
        Assert.Equal(("carrier-outage", true), (alert.Cause, alert.Held));
    }

    [Fact]
    public async Task Five_thousand_terminals_of_one_carrier_are_joined_in_one_transaction()
    {
        await using var room = await OpenAsync(more: [.. Enumerable.Range(0, 5000).Select(i => Room.Registered($"X{i}", $"S-X{i}", $"M-X{i % 200}", "46011"))]);
        var raised = room.NowMs;
        for (var i = 0; i < 5000; i++) await room.Book.PostAsync(Room.Some(Grains.FindingKind.Raised, "offline", raised, raised, $"X{i}"));
        await room.Raises("carrier-outage", raised, "carrier:46011");
        await room.PassAsync(60);
        Assert.Equal(200, Pushed(room).Count(p => p == "carrier:46011 carrier-outage raised"));
        Assert.Equal(200, Pushed(room).Count);
    }

    private Task<Room> OpenAsync(Microsoft.Extensions.Time.Testing.FakeTimeProvider? time = null, RegisteredTerminal[]? more = null) => OpenAsync(Database, time, more ?? []);

    private static async Task<Room> OpenAsync(Database database, Microsoft.Extensions.Time.Testing.FakeTimeProvider? time, RegisteredTerminal[] more)
    {
        var room = await Room.OpenAsync(database, time);
        await room.Get<Registry>().ImportAsync([
            Room.Registered("A", "S-2", "M-2"), Room.Registered("B", "S-2", "M-2"), Room.Registered("lone", "S-9", "M-9", "46009"),
            .. Enumerable.Range(1, 6).Select(i => Room.Registered($"L{i}", $"S-L{i}", $"M-L{i}")), .. more]);
        return room;
    }

    private static async Task<IEnumerable<string>> TasksAsync(Room room) =>
        (await room.Get<Maintenance.TaskDesk>().ListAsync(new(), 100, null, Language.English, default)).Items.Select(t => $"{t.Terminal} {t.State}").Order(StringComparer.Ordinal);

    private static List<string> Pushed(Room room) => [.. room.Pushes.Parcels.Select(p => $"{p.Notice.Alert.Subject} {p.Notice.Alert.Fault} {p.Notice.Change.Name()}")];
}
