using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Dispatch;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class DispatchOnSqlite : DispatchStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class DispatchOnPostgres(PostgresServer server) : DispatchStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

public abstract class DispatchStory : OnAStore
{
    [Fact]
    public async Task A_failing_reader_sends_an_engineer_at_once()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("reader-fault", at: room.NowMs);
        var ticket = Assert.Single(await room.TicketsAsync());
        Assert.Equal(("open", "A920", "1 Market Street", "reader-fault"), (ticket.State, ticket.TerminalModel, ticket.Address, ticket.Fault));
        Assert.Contains("Chip reader", ticket.Parts);
        Assert.Equal(ticket.Id, (await room.ListAsync())[0].Ticket);
    }

    [Fact]
    public async Task A_damaged_card_and_a_weak_signal_send_nobody()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("bad-card", at: room.NowMs);
        await room.Raises("weak-signal", at: room.NowMs);
        room.Time.Advance(TimeSpan.FromDays(2));
        await room.Visits.LookAsync(default);
        Assert.Empty(await room.TicketsAsync());
    }

    [Fact]
    public async Task A_SIM_exchanged_by_who_was_sent_for_it_is_on_record_and_nobody_is_asked()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("sim-fault", at: room.NowMs);
        room.Time.Advance(TimeSpan.FromHours(2));
        await room.Visits.LookAsync(default);
        var ticket = Assert.Single(await room.TicketsAsync());
        await room.DeliverAsync(room.Pushes);
        var pushes = room.Pushes.Parcels.Length;
        await room.Raises("sim-swapped", at: room.NowMs);
        await room.Raises("sim-swapped", at: room.NowMs, terminal: "T-2"); // no ticket there
        await room.DeliverAsync(room.Pushes);
        var swapped = (await room.ListAsync()).Single(alert => alert.Fault == "sim-swapped" && alert.Terminal == Room.Terminal);
        Assert.Equal(Iso8601.Text(room.NowMs + 7 * 86_400_000L), swapped.SilencedUntil);
        Assert.Equal(ticket.Id, (await room.Alerts.FindAsync(swapped.Id, Language.English, default))!.History[0].Note);
        Assert.Equal(pushes, room.Pushes.Parcels.Length);
        Assert.Null((await room.ListAsync()).Single(alert => alert.Terminal == "T-2").SilencedUntil);
    }

    [Fact]
    public async Task Silence_sends_an_engineer_only_when_it_lasts()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("offline", at: room.NowMs);
        room.Time.Advance(TimeSpan.FromMinutes(29));
        await room.Visits.LookAsync(default);
        Assert.Empty(await room.TicketsAsync());
        room.Time.Advance(TimeSpan.FromMinutes(1));
        await room.Visits.LookAsync(default);
        await room.Visits.LookAsync(default);
        Assert.Single(await room.TicketsAsync());
    }

    [Fact]
    public async Task A_fault_that_clears_in_time_sends_nobody()
    {
        await using var room = await Room.OpenAsync(Database);
        var raised = room.NowMs;
        await room.Raises("offline", at: raised);
        await room.Clears("offline", raised, raised + 60_000);
        room.Time.Advance(TimeSpan.FromHours(1));
        await room.Visits.LookAsync(default);
        Assert.Empty(await room.TicketsAsync());
    }

    [Fact]
    public async Task A_silenced_alert_sends_nobody_until_the_silence_ends()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("offline", at: room.NowMs);
        var id = (await room.ListAsync())[0].Id;
        await room.Alerts.ActAsync(id, new(AlertVerb.Silence, "Ann", Until: room.Time.GetUtcNow().AddHours(2)), Language.English, default);
        room.Time.Advance(TimeSpan.FromHours(1));
        await room.Visits.LookAsync(default);
        Assert.Empty(await room.TicketsAsync());
        room.Time.Advance(TimeSpan.FromHours(1));
        await room.Visits.LookAsync(default);
        Assert.Single(await room.TicketsAsync());
    }

    [Fact]
    public async Task A_ticket_nobody_accepted_closes_itself_when_its_alert_clears()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("reader-fault", at: 1000);
        await room.Clears("reader-fault", raisedAt: 1000, at: 5000);
        var ticket = Assert.Single(await room.TicketsAsync());
        Assert.Equal(("closed", "alert-cleared"), (ticket.State, ticket.Reason));
        Assert.Equal(["open", "closed"], ticket.History.Select(h => h.State));
    }

    [Fact]
    public async Task An_engineer_under_way_learns_that_the_alert_cleared_and_decides()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("reader-fault", at: 1000);
        var id = (await room.TicketsAsync())[0].Id;
        await Act(new(TicketVerb.Accept, "Li"));
        await room.Clears("reader-fault", raisedAt: 1000, at: 5000);
        var ticket = (await Act(new(TicketVerb.Resolve, "Li", "it was dirt"))).Now!;
        Assert.Equal(("resolved", "Li"), (ticket.State, ticket.Engineer));
        Assert.Equal([null, null, "alert-cleared", "it was dirt"], ticket.History.Select(h => h.Note));

        Task<Act<TicketView>> Act(TicketAct act) => room.Tickets.ActAsync(id, act, Language.English, default);
    }

    [Fact]
    public async Task A_ticket_goes_its_way_and_no_other()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("tamper", at: 1000);
        var id = (await room.TicketsAsync())[0].Id;
        foreach (var verb in new[] { TicketVerb.Accept, TicketVerb.Travel, TicketVerb.Arrive, TicketVerb.Resolve })
            Assert.NotNull((await Act(new(verb, "Li"))).Now);
        Assert.Equal("A ticket that is resolved cannot accept.", (await Act(new(TicketVerb.Accept, "Wu"))).Conflict);
        Assert.Equal(Act<TicketView>.NotFound, await room.Tickets.ActAsync("no-such", new(TicketVerb.Accept), Language.English, default));

        Task<Act<TicketView>> Act(TicketAct act) => room.Tickets.ActAsync(id, act, Language.English, default);
    }

    [Fact]
    public async Task Of_two_engineers_who_saw_the_same_version_one_gets_the_ticket()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("tamper", at: 1000);
        var ticket = (await room.TicketsAsync())[0];
        var acts = await Task.WhenAll(new[] { "Li", "Wu" }.Select(engineer => Task.Run(() =>
            room.Tickets.ActAsync(ticket.Id, new(TicketVerb.Accept, engineer, Version: ticket.Version), Language.English, default))));
        Assert.Single(acts, a => a.Now is not null);
        Assert.Single(acts, a => a.Conflict is not null);
    }
}
