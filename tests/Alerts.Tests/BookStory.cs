using Dapper;
using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Grains;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class BookOnSqlite : BookStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class BookOnPostgres(PostgresServer server) : BookStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

public abstract class BookStory : OnAStore
{
    [Fact]
    public async Task A_raise_becomes_an_alert_that_knows_site_merchant_and_severity()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("reader-fault", at: 1000);
        var alert = Assert.Single(await room.ListAsync());
        Assert.Equal(("T-1001", "S-1", "M-1", "reader-fault", "critical", "open"), (alert.Terminal, alert.Site, alert.Merchant, alert.Fault, alert.Severity, alert.State));
        Assert.Equal("1970-01-01T00:00:01.000Z", alert.RaisedAt);
        Assert.Equal("""{"failedShare":0.4,"reader":"chip"}""", alert.Evidence.GetRawText());
    }

    [Fact]
    public async Task A_raise_said_again_changes_nothing()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Raises("weak-signal", at: 1000);
        Assert.Single(await room.ListAsync());
        Assert.Single(await room.OutboxAsync("webhook"));
        Assert.Single(await room.OutboxAsync("history"));
    }

    [Fact]
    public async Task A_clear_said_again_changes_nothing()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Clears("weak-signal", raisedAt: 1000, at: 5000);
        await room.Clears("weak-signal", raisedAt: 1000, at: 6000);
        var alert = Assert.Single(await room.ListAsync());
        Assert.Equal(("cleared", "1970-01-01T00:00:05.000Z"), (alert.State, alert.ClearedAt));
        Assert.Equal(2, (await room.OutboxAsync("webhook")).Length);
    }

    [Fact]
    public async Task A_raise_that_comes_again_after_its_clear_stays_cleared()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Clears("weak-signal", raisedAt: 1000, at: 5000);
        await room.Raises("weak-signal", at: 1000);
        Assert.Equal("cleared", Assert.Single(await room.ListAsync()).State);
    }

    [Fact]
    public async Task A_fault_that_returns_is_a_new_alert()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Clears("weak-signal", raisedAt: 1000, at: 5000);
        await room.Raises("weak-signal", at: 9000);
        Assert.Equal(["open", "cleared"], (await room.ListAsync()).Select(a => a.State));
    }

    [Fact]
    public async Task A_terminal_that_finds_its_fault_again_after_a_silo_s_death_has_one_alert()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Raises("weak-signal", at: 9000);
        var alert = Assert.Single(await room.ListAsync());
        Assert.Equal(("open", "1970-01-01T00:00:01.000Z"), (alert.State, alert.RaisedAt));
        await room.Clears("weak-signal", raisedAt: 9000, at: 12_000);
        alert = Assert.Single(await room.ListAsync());
        Assert.Equal(("cleared", "1970-01-01T00:00:12.000Z"), (alert.State, alert.ClearedAt));
    }

    [Fact]
    public async Task A_raise_older_than_the_active_alert_is_stale()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 9000);
        await room.Raises("weak-signal", at: 1000);
        Assert.Equal("1970-01-01T00:00:09.000Z", Assert.Single(await room.ListAsync()).RaisedAt);
    }

    [Fact]
    public async Task A_clear_of_what_was_never_raised_is_ignored()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Clears("weak-signal", raisedAt: 1000, at: 5000);
        Assert.Empty(await room.ListAsync());
    }

    [Fact]
    public async Task Changed_evidence_is_written_over_the_old()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Book.PostAsync(new(Room.Terminal, "weak-signal", FindingKind.Changed, 1000, 2000, [new("rsrpDbm", -121), new("snrDb", double.NaN)]));
        await room.Book.DrainAsync();
        Assert.Equal("""{"rsrpDbm":-121}""", Assert.Single(await room.ListAsync()).Evidence.GetRawText());
    }

    [Fact]
    public async Task Two_silos_that_hear_the_same_make_one_alert()
    {
        await using var one = await Room.OpenAsync(Database);
        await using var two = await Room.OpenAsync(Database);
        for (var i = 0; i < 200; i++)
            foreach (var room in new[] { one, two })
            {
                await room.Book.PostAsync(Room.Some(FindingKind.Raised, "reader-fault", i * 10, i * 10));
                await room.Book.PostAsync(Room.Some(FindingKind.Cleared, "reader-fault", i * 10, i * 10 + 5));
            }
        await Task.WhenAll(one.Book.DrainAsync(), two.Book.DrainAsync());
        await using var connection = await Database.OpenAsync();
        // Which of them are heard depends on who is ahead; each once, all cleared, and each change told once.
        var (alerts, active, changes, told, tickets) = await connection.QuerySingleAsync<(long, long, long, long, long)>(
            """
            select (select count(*) from alerts), (select count(*) from alerts where state <> 'cleared'), (select count(*) from alert_changes),
              (select count(*) from outbox where channel = 'webhook'), (select count(*) from tickets where state = 'closed')
            """);
        Assert.Equal((0, alerts * 2, alerts * 2, alerts), (active, changes, told, tickets));
        Assert.InRange(alerts, 1, 200);
    }

    [Fact]
    public async Task When_the_store_refuses_a_drain_fails_and_the_findings_are_kept()
    {
        await using var room = await Room.OpenAsync(Database);
        await RenameAsync("alerts", "elsewhere");
        await Assert.ThrowsAsync<IOException>(() => room.Raises("weak-signal", at: 1000));
        await RenameAsync("elsewhere", "alerts");
        var drained = room.Book.DrainAsync();
        while (!drained.IsCompleted)
        {
            room.Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
        await Task.WhenAny(drained);
        if (drained.IsFaulted) await room.Book.DrainAsync(); // it was refused once more before the table was back
        Assert.Single(await room.ListAsync());

        async Task RenameAsync(string from, string to)
        {
            await using var connection = await Database.OpenAsync();
            await connection.ExecuteAsync($"alter table {from} rename to {to}");
        }
    }

    [Fact]
    public async Task What_was_posted_before_the_stop_is_committed()
    {
        await using (var room = await Room.OpenAsync(Database))
            for (var i = 0; i < 100; i++) await room.Book.PostAsync(Room.Some(FindingKind.Raised, "weak-signal", i, i, $"T-{i}"));
        await using var later = await Room.OpenAsync(Database);
        Assert.Equal(100, (await later.ListAsync()).Length);
    }

    [Fact]
    public async Task Posting_waits_while_the_inbox_is_full()
    {
        await using var room = await Room.OpenAsync(Database, started: false, settings: [("Alerts:InboxCapacity", "2")]);
        await room.Book.PostAsync(Room.Some(FindingKind.Raised, "weak-signal", 1, 1));
        await room.Book.PostAsync(Room.Some(FindingKind.Raised, "sim-fault", 1, 1));
        var third = room.Book.PostAsync(Room.Some(FindingKind.Raised, "offline", 1, 1)).AsTask();
        Assert.False(third.IsCompleted);
        await room.Book.StartAsync(default);
        await third;
        await room.Book.DrainAsync();
        Assert.Equal(3, (await room.ListAsync()).Length);
    }

    [Fact]
    public async Task A_person_acknowledges_comments_and_clears()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        var id = (await room.ListAsync())[0].Id;
        await Act(new(AlertVerb.Acknowledge, "Ann", "on it"));
        await Act(new(AlertVerb.Acknowledge, "Bob"));
        await Act(new(AlertVerb.Comment, "Ann", "moved to the window"));
        var cleared = (await Act(new(AlertVerb.Clear, "Ann"))).Now!;

        Assert.Equal(("cleared", "Ann"), (cleared.State, cleared.AcknowledgedBy));
        Assert.Equal("moved to the window", Assert.Single(cleared.Comments).Note);
        Assert.Equal(["raised", "acknowledged", "commented", "cleared"], cleared.History.Select(h => h.Kind));
        Assert.Contains("cleared at", (await Act(new(AlertVerb.Acknowledge, "Bob"))).Conflict, StringComparison.Ordinal);
        Assert.Equal(Act<AlertDetail>.NotFound, await room.Alerts.ActAsync("no-such", new(AlertVerb.Clear), Language.English, default));

        Task<Act<AlertDetail>> Act(AlertAct act) => room.Alerts.ActAsync(id, act, Language.English, default);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap()
    {
        await using var room = await Room.OpenAsync(Database);
        for (var i = 0; i < 25; i++) await room.Book.PostAsync(Room.Some(FindingKind.Raised, "weak-signal", i / 5, 0, $"T-{i}"));
        await room.Book.DrainAsync();
        var seen = new List<string>();
        for (Cursor? at = null; ;)
        {
            var page = await room.Alerts.ListAsync(new(AlertState.Open), 10, at, default);
            seen.AddRange(page.Items.Select(a => a.Subject));
            if (page.Next is null) break;
            Assert.True(Cursor.TryParse(page.Next, out var next));
            at = next;
        }
        Assert.Equal(25, seen.Distinct().Count());
        Assert.Equal(25, seen.Count);
    }

    [Fact]
    public async Task Alerts_are_found_by_terminal_fault_site_and_state()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("weak-signal", at: 1000);
        await room.Raises("paper-out", at: 2000);
        await room.Raises("paper-out", at: 3000, terminal: "heard-of-nowhere");
        await room.Clears("paper-out", raisedAt: 2000, at: 2500);
        Assert.Equal(2, await Count(new(Terminal: Room.Terminal)));
        Assert.Equal(2, await Count(new(Fault: "paper-out")));
        Assert.Equal(2, await Count(new(Site: "S-1")));
        Assert.Equal(1, await Count(new(AlertState.Cleared)));
        Assert.Equal(1, await Count(new(AlertState.Open, Site: "S-1")));
        Assert.Equal(["weak-signal"], (await room.Alerts.FaultsOfAsync([Room.Terminal, "other"], default))[Room.Terminal]);

        async Task<int> Count(AlertQuery query) => (await room.Alerts.ListAsync(query, 10, null, default)).Items.Count;
    }

    [Fact]
    public async Task A_terminal_s_health_is_told_with_its_reasons()
    {
        await using var room = await Room.OpenAsync(Database);
        var now = room.Time.GetUtcNow().ToUnixTimeMilliseconds();
        const long Day = 86_400_000;
        Assert.Equal((100, ""), await Told());

        await room.Raises("paper-jam", at: now - (31 * Day));
        await room.Clears("paper-jam", raisedAt: now - (31 * Day), at: now - (31 * Day) + 1);
        Assert.Equal((100, ""), await Told()); // long ago
        foreach (var days in new[] { 9, 6, 3 })
        {
            await room.Raises("paper-jam", at: now - (days * Day));
            await room.Clears("paper-jam", raisedAt: now - (days * Day), at: now - (days * Day) + 1);
        }
        Assert.Equal((90, "paper-jam Recurring 10"), await Told());
        await room.Raises("offline", at: now - 1000, terminal: "another");
        await room.Raises("offline", at: now - 1000);
        Assert.Equal((35, "offline Open 50, paper-jam Recurring 10, paper-out Foreseen 5"), await Told("paper-out", "offline"));
        await room.Raises("paper-jam", at: now);
        Assert.Equal((15, "offline Open 50, paper-jam Open 20, paper-jam Recurring 15"), await Told());

        async Task<(int, string)> Told(params string[] foreseen)
        {
            var (faults, health) = await room.Alerts.ConditionOfAsync(Room.Terminal, foreseen, default);
            Assert.Equal(health.Reasons.Where(r => r.Why == HealthGround.Open).Select(r => r.Code), faults);
            return (health.Score, string.Join(", ", health.Reasons.Select(r => $"{r.Code} {r.Why} {r.Points}")));
        }
    }
}
