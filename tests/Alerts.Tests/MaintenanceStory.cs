using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Maintenance;
using Fleet.Grains;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class MaintenanceOnSqlite : MaintenanceStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class MaintenanceOnPostgres(PostgresServer server) : MaintenanceStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

public abstract class MaintenanceStory : OnAStore
{
    private static readonly long DayMs = (long)TimeSpan.FromDays(1).TotalMilliseconds;
    private static readonly long HourMs = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    [Fact]
    public async Task A_worn_battery_is_to_be_replaced_within_two_weeks()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("battery-worn", at: room.NowMs);
        var task = Assert.Single(await TasksAsync(room));
        Assert.Equal(("replace-battery", "open", Room.Terminal, "S-1", "M-1"), (task.Name, task.State, task.Terminal, task.Site, task.Merchant));
        Assert.Equal((Iso8601.Text(room.NowMs), Iso8601.Text(room.NowMs + (14 * DayMs))), (task.OpenedAt, task.DueAt));
        Assert.Equal((await room.ListAsync())[0].Id, task.Alert);
        Assert.Equal(FaultCatalogue.Load().Of("battery-worn").Prevention.English, task.Text);
    }

    [Fact]
    public async Task A_finding_said_again_opens_no_second_task_and_one_that_clears_closes_it()
    {
        await using var room = await Room.OpenAsync(Database);
        var raised = room.NowMs;
        await room.Raises("battery-worn", at: raised);
        await room.Raises("battery-worn", at: raised);
        Assert.Single(await TasksAsync(room));
        await room.Clears("battery-worn", raised, raised + 1000);
        var task = Assert.Single(await TasksAsync(room));
        Assert.Equal(("closed", 2L, (string?)null), (task.State, task.Version, task.EndedBy));
        await room.Raises("battery-worn", at: raised + DayMs);
        Assert.Equal(["open", "closed"], (await TasksAsync(room)).Select(t => t.State).Order().Reverse());
    }

    [Fact]
    public async Task A_fault_without_a_plan_asks_for_nothing()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("offline", at: room.NowMs);
        await room.Raises("unheard-of", at: room.NowMs);
        Assert.Empty(await TasksAsync(room));
    }

    [Fact]
    public async Task A_battery_that_is_low_again_and_again_is_to_be_replaced_and_that_stays_when_it_is_charged()
    {
        await using var room = await Room.OpenAsync(Database);
        var now = room.NowMs;
        foreach (var day in new[] { 0, 4 }) await ComesAndGoes(room, "battery-low", now + (day * DayMs));
        Assert.Empty(await TasksAsync(room));
        await ComesAndGoes(room, "battery-low", now + (8 * DayMs));
        Assert.Equal(("replace-battery", "open"), Assert.Single((await TasksAsync(room)).Select(t => (t.Name, t.State))));
    }

    [Fact]
    public async Task Low_once_a_week_is_not_often_enough()
    {
        await using var room = await Room.OpenAsync(Database);
        for (var week = 0; week < 5; week++) await ComesAndGoes(room, "battery-low", room.NowMs + (week * 7 * DayMs));
        Assert.Empty(await TasksAsync(room));
    }

    [Fact]
    public async Task A_signal_weak_at_the_same_hours_asks_for_a_survey_of_the_site()
    {
        await using var room = await Room.OpenAsync(Database);
        foreach (var hour in new[] { 0, 24, 49 }) await ComesAndGoes(room, "weak-signal", room.NowMs + (hour * HourMs));
        Assert.Equal("site-survey", Assert.Single(await TasksAsync(room)).Name);
    }

    [Fact]
    public async Task A_signal_weak_at_any_hour_does_not()
    {
        await using var room = await Room.OpenAsync(Database);
        foreach (var hour in new[] { 0, 30, 60, 90 }) await ComesAndGoes(room, "weak-signal", room.NowMs + (hour * HourMs));
        Assert.Empty(await TasksAsync(room));
    }

    [Fact]
    public async Task A_terminal_has_one_open_task_of_a_name_whichever_fault_asks()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("adapter-fault", at: room.NowMs);
        await room.Raises("network-cable", at: room.NowMs);
        await room.Raises("adapter-fault", at: room.NowMs, terminal: "T-2");
        Assert.Equal([(Room.Terminal, "inspect-cable"), ("T-2", "inspect-cable")], (await TasksAsync(room)).Select(t => (t.Terminal, t.Name)).Order());
        Assert.Equal("T-2", Assert.Single(await TasksAsync(room, new(TaskState.Open, "T-2"))).Terminal);
    }

    [Fact]
    public async Task A_person_ends_a_task_once()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("battery-worn", at: room.NowMs);
        var open = Assert.Single(await TasksAsync(room));
        var desk = room.Get<TaskDesk>();
        Assert.NotNull((await desk.ActAsync(open.Id, new(TaskState.Done, "Li", Version: 7), Language.English, default)).Conflict);
        room.Time.Advance(TimeSpan.FromHours(1));
        var done = (await desk.ActAsync(open.Id, new(TaskState.Done, "Li", "new cell", open.Version), Language.English, default)).Now!;
        Assert.Equal(("done", "Li", "new cell", Iso8601.Text(room.NowMs)), (done.State, done.EndedBy, done.Note, done.EndedAt));
        Assert.Equal(done, Assert.Single(await TasksAsync(room)));
        Assert.Equal("The task has ended: it is done.", (await desk.ActAsync(open.Id, new(TaskState.Dismissed), Language.English, default)).Conflict);
        var (now, conflict) = await desk.ActAsync("none", new(TaskState.Done), Language.English, default);
        Assert.Equal((null, null), (now, conflict));
        Assert.Empty(await TasksAsync(room, new(TaskState.Open)));
    }

    [Fact]
    public async Task Pages_follow_each_other()
    {
        await using var room = await Room.OpenAsync(Database);
        foreach (var terminal in new[] { "A", "B", "C" }) await room.Raises("battery-worn", at: room.NowMs, terminal);
        var first = await room.Get<TaskDesk>().ListAsync(new(), 2, null, Language.English, default);
        Assert.True(Cursor.TryParse(first.Next!, out var cursor));
        var second = await room.Get<TaskDesk>().ListAsync(new(), 2, cursor, Language.English, default);
        Assert.Equal(["A", "B", "C"], first.Items.Concat(second.Items).Select(t => t.Terminal).Order());
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task What_is_foreseen_is_work_due_when_it_may_come_and_no_alert()
    {
        await using var room = await Room.OpenAsync(Database);
        await ForeseesAsync(room);
        await ForeseesAsync(room);
        var task = Assert.Single(await TasksAsync(room));
        Assert.Equal(("replace-battery", "battery-worn", "open", "S-1", (string?)null), (task.Name, task.Fault, task.State, task.Site, task.Alert));
        Assert.Equal(Iso8601.Text(room.NowMs + (20 * DayMs)), task.DueAt);
        Assert.Empty(await room.ListAsync());
        await room.Finds(FindingKind.Withdrawn, "battery-worn", room.NowMs, room.NowMs + DayMs);
        Assert.Equal("closed", Assert.Single(await TasksAsync(room)).State);
    }

    [Theory]
    [InlineData(TaskState.Done)]
    [InlineData(TaskState.Dismissed)]
    public async Task What_a_person_ended_is_not_proposed_again_by_the_same_forecast(TaskState end)
    {
        await using var room = await Room.OpenAsync(Database);
        await ForeseesAsync(room);
        await room.Get<TaskDesk>().ActAsync((await TasksAsync(room))[0].Id, new(end), Language.English, default);
        await ForeseesAsync(room);
        await room.Finds(FindingKind.Withdrawn, "battery-worn", room.NowMs, room.NowMs + DayMs);
        Assert.Equal(end.Name(), Assert.Single(await TasksAsync(room)).State);
    }

    [Fact]
    public async Task When_it_comes_all_the_same_the_open_task_is_the_alert_s()
    {
        await using var room = await Room.OpenAsync(Database);
        await ForeseesAsync(room);
        await room.Raises("battery-worn", at: room.NowMs + DayMs);
        var task = Assert.Single(await TasksAsync(room));
        Assert.Equal(((await room.ListAsync())[0].Id, "open"), (task.Alert, task.State));
        await room.Finds(FindingKind.Withdrawn, "battery-worn", room.NowMs, room.NowMs + (2 * DayMs));
        Assert.Equal("open", Assert.Single(await TasksAsync(room)).State);
        await room.Clears("battery-worn", room.NowMs + DayMs, room.NowMs + (2 * DayMs));
        Assert.Equal("closed", Assert.Single(await TasksAsync(room)).State);
    }

    private static async Task ForeseesAsync(Room room)
    {
        await room.Book.PostAsync(new(Room.Terminal, "battery-worn", FindingKind.Foreseen, room.NowMs, room.NowMs, []) { DueAtMs = room.NowMs + (20 * DayMs) });
        await room.Book.DrainAsync();
    }

    private static async Task ComesAndGoes(Room room, string fault, long at)
    {
        await room.Raises(fault, at);
        await room.Clears(fault, at, at + 60_000);
    }

    private static async Task<IReadOnlyList<TaskView>> TasksAsync(Room room, TaskQuery? query = null) =>
        (await room.Get<TaskDesk>().ListAsync(query ?? new(), 100, null, Language.English, default)).Items;
}
