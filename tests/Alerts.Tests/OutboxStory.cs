using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Notify;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class OutboxOnSqlite : OutboxStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class OutboxOnPostgres(PostgresServer server) : OutboxStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

public abstract class OutboxStory : OnAStore
{
    [Fact]
    public async Task Every_change_goes_to_the_history_and_raise_and_clear_to_the_merchant()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("paper-out", at: 1000);
        var id = (await room.ListAsync())[0].Id;
        await room.Alerts.ActAsync(id, new(AlertVerb.Acknowledge, "Ann"), Language.English, default);
        await room.Clears("paper-out", raisedAt: 1000, at: 5000);
        await room.DeliverAsync(room.History);
        await room.DeliverAsync(room.Pushes);
        Assert.Equal([AlertChange.Raised, AlertChange.Acknowledged, AlertChange.Cleared], room.History.Parcels.Select(p => p.Notice.Change));
        Assert.Equal([(AlertChange.Raised, 1000L, "open"), (AlertChange.Cleared, 5000L, "cleared")], room.Pushes.Parcels.Select(p => (p.Notice.Change, p.Notice.AtMs, p.Notice.Alert.State)));
        Assert.All(room.Pushes.Parcels, p => Assert.Equal("M-1", p.Recipient));
    }

    [Fact]
    public async Task What_was_sent_but_not_settled_before_a_crash_is_sent_again_under_the_same_id()
    {
        var time = Room.Clock();
        string sent;
        await using (var room = await Room.OpenAsync(Database, time))
        {
            await room.Raises("paper-out", at: 1000);
            sent = Assert.Single(await room.Outbox.ClaimAsync("webhook", 10, room.NowMs, TimeSpan.FromMinutes(1), default)).Id;
        }
        await using var restarted = await Room.OpenAsync(Database, time);
        await restarted.DeliverAsync(restarted.Pushes);
        Assert.Empty(restarted.Pushes.Parcels); // the lease still stands
        time.Advance(TimeSpan.FromMinutes(1));
        await restarted.DeliverAsync(restarted.Pushes);
        await restarted.DeliverAsync(restarted.Pushes);
        Assert.Equal(sent, Assert.Single(restarted.Pushes.Parcels).Id);
    }

    [Fact]
    public async Task Two_silos_emptying_one_outbox_send_each_parcel_once()
    {
        await using var one = await Room.OpenAsync(Database);
        await using var two = await Room.OpenAsync(Database);
        for (var i = 0; i < 300; i++) await one.Book.PostAsync(Room.Some(Grains.FindingKind.Raised, "weak-signal", 1, 1, $"T-{i}"));
        await one.Book.DrainAsync();
        await Task.WhenAll(Task.Run(() => one.DeliverAsync(one.History)), Task.Run(() => two.DeliverAsync(two.History)));
        var sent = one.History.Parcels.AddRange(two.History.Parcels).Select(p => p.Id).ToList();
        Assert.Equal(300, sent.Count);
        Assert.Equal(300, sent.Distinct().Count());
    }

    [Fact]
    public async Task A_clear_never_overtakes_its_raise()
    {
        await using var room = await Room.OpenAsync(Database);
        room.Pushes.Answer = _ => Delivery.RetryLater(DeliveryReason.Busy);
        await room.Raises("paper-out", at: 1000);
        await room.Clears("paper-out", raisedAt: 1000, at: 5000);
        await room.DeliverAsync(room.Pushes);
        Assert.Equal(AlertChange.Raised, Assert.Single(room.Pushes.Parcels).Notice.Change);
        room.Pushes.Answer = _ => Delivery.Delivered();
        room.Time.Advance(TimeSpan.FromSeconds(1));
        await room.DeliverAsync(room.Pushes);
        Assert.Equal([AlertChange.Raised, AlertChange.Raised, AlertChange.Cleared], room.Pushes.Parcels.Select(p => p.Notice.Change));
    }

    [Fact]
    public async Task After_a_day_of_failures_it_gives_up_and_says_so()
    {
        await using var room = await Room.OpenAsync(Database);
        room.Pushes.Answer = _ => Delivery.RetryLater(DeliveryReason.Unreachable, "refused");
        await room.Raises("paper-out", at: 1000);
        var steps = 0;
        while ((await room.OutboxAsync("webhook"))[0].State == "pending")
        {
            await room.DeliverAsync(room.Pushes);
            room.Time.Advance(TimeSpan.FromMinutes(15));
            steps++;
        }
        Assert.Equal(("gave-up", "gave-up"), (await room.OutboxAsync("webhook"))[0]);
        Assert.InRange(steps, 90, 98); // 24 hours
    }

    [Fact]
    public async Task A_receiver_that_asks_for_time_gets_it()
    {
        await using var room = await Room.OpenAsync(Database);
        room.Pushes.Answer = _ => Delivery.RetryLater(DeliveryReason.Busy, after: TimeSpan.FromMinutes(5));
        await room.Raises("paper-out", at: 1000);
        await room.DeliverAsync(room.Pushes);
        room.Time.Advance(TimeSpan.FromMinutes(4));
        await room.DeliverAsync(room.Pushes);
        Assert.Single(room.Pushes.Parcels);
        room.Time.Advance(TimeSpan.FromMinutes(1));
        await room.DeliverAsync(room.Pushes);
        Assert.Equal(2, room.Pushes.Parcels.Length);
    }

    [Fact]
    public async Task Over_the_hourly_limit_pushes_are_suppressed_and_the_reason_is_kept()
    {
        await using var room = await Room.OpenAsync(Database);
        for (var i = 0; i < 70; i++)
        {
            await room.Raises("paper-out", at: i * 10);
            await room.DeliverAsync(room.Pushes);
            await room.Clears("paper-out", raisedAt: i * 10, at: i * 10 + 5);
        }
        Assert.Equal(60, room.Pushes.Parcels.Length);
        Assert.Contains(("suppressed", "recipient-limit"), await room.OutboxAsync("webhook"));
        room.Time.Advance(TimeSpan.FromHours(1));
        await room.Raises("paper-out", at: 10_000);
        await room.DeliverAsync(room.Pushes);
        Assert.True(room.Pushes.Parcels.Length > 60);
    }

    [Fact]
    public async Task A_silenced_alert_clears_without_a_push()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("paper-out", at: 1000);
        var id = (await room.ListAsync())[0].Id;
        await room.Alerts.ActAsync(id, new(AlertVerb.Silence, "Ann", Until: room.Time.GetUtcNow().AddHours(1)), Language.English, default);
        await room.Clears("paper-out", raisedAt: 1000, at: 5000);
        Assert.Single(await room.OutboxAsync("webhook"));
    }

    [Fact]
    public async Task A_channel_that_throws_on_one_parcel_still_delivers_the_others()
    {
        await using var room = await Room.OpenAsync(Database, settings: [("Webhook:Url", "http://operator.test/hook")]);
        room.Pushes.Answer = p => p.Notice.Alert.Terminal == "T-bad" ? throw new FormatException() : Delivery.Delivered();
        await room.Raises("paper-out", at: 1000, terminal: "T-bad");
        await room.Raises("paper-out", at: 1000);
        await room.DeliverAsync(room.Pushes);
        Assert.Equal([("delivered", "accepted"), ("pending", "failed")], (await room.OutboxAsync("webhook")).Order());
    }

    [Fact]
    public async Task Ended_deliveries_are_forgotten_after_a_week()
    {
        await using var room = await Room.OpenAsync(Database);
        await room.Raises("paper-out", at: 1000);
        await room.DeliverAsync(room.Pushes);
        room.Time.Advance(TimeSpan.FromDays(8));
        await room.Visits.LookAsync(default);
        Assert.Empty(await room.OutboxAsync("webhook"));
        Assert.Single(await room.OutboxAsync("history")); // still waits
    }
}
