using System.Text.Json;
using Dapper;
using Fleet.Alerts.Book;
using Fleet.Store;

namespace Fleet.Alerts.Notify;

internal enum OutboxState : byte { Pending, Delivered, Refused, GaveUp, Suppressed }

/// <summary>A row of the outbox that this process holds the lease of.</summary>
internal sealed record OutboxRow
{
    public required string Id { get; init; }
    public required string Recipient { get; init; }
    public required string Payload { get; init; }
    public long CreatedAt { get; init; }

    /// <summary>Attempts that have failed so far.</summary>
    public long Attempts { get; init; }

    public Parcel ToParcel() => new(Id, Recipient, JsonSerializer.Deserialize<Notice>(Payload, Wire.Json)!);
}

/// <summary>How a leased row goes on: to its end, or to another attempt at <paramref name="DueAt"/>.</summary>
internal readonly record struct Settlement(OutboxRow Row, OutboxState State, DeliveryReason Reason, long Attempts, long DueAt, string? Detail);

/// <summary>
/// What has to leave the house, written in the transaction of the change it tells of. Rows are leased, so that several
/// silos may empty one outbox and the rows of a dead one are taken over when its lease ends.
/// </summary>
internal sealed class Outbox(Database database)
{
    private readonly string _owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";

    // The rows of one alert leave to one recipient one after the other: a clear never overtakes its raise.
    private readonly string _claim = $"""
        with due as materialized (
          select o.id from outbox o
          where o.channel = @channel and o.state = 'pending' and o.due_at <= @now and o.claimed_until <= @now
            and not exists (select 1 from outbox e where e.alert = o.alert and e.channel = o.channel and e.recipient = o.recipient and e.state = 'pending' and e.number < o.number)
          order by o.due_at limit @most{(database.IsPostgres ? " for update of o skip locked" : "")})
        update outbox set claimed_until = @until, claimed_by = @owner where id in (select id from due)
        returning id, recipient, payload, created_at as CreatedAt, attempts
        """;

    /// <summary>Puts a delivery into the outbox; one that is there already stays as it is.</summary>
    public static Task PutAsync(Transaction transaction, Route route, AlertRow alert, Change change, long nowMs)
    {
        // That a group's alert was raised may be told twice to the same merchant, who has two terminals: it is one delivery.
        var number = route.IsOneOfMany && change.Kind is AlertChange.Raised ? 1 : alert.Version;
        return transaction.ExecuteAsync(
            """
            insert into outbox (id, channel, recipient, alert, number, payload, created_at, state, attempts, due_at, claimed_until)
            values (@id, @Channel, @Recipient, @alert, @number, @payload, @nowMs, 'pending', 0, @nowMs, 0) on conflict do nothing
            """,
            new
            {
                id = route.IsOneOfMany ? Identity.OfDelivery(alert.Id, number, route.Channel, route.Recipient) : Identity.OfDelivery(alert.Id, number, route.Channel),
                route.Channel,
                route.Recipient,
                alert = alert.Id,
                number,
                payload = JsonSerializer.Serialize(new Notice(change.Kind, change.AtMs, route.IsOneOfMany ? AlertView.Of(alert) with { Merchant = route.Recipient } : AlertView.Of(alert)), Wire.Json),
                nowMs,
            });
    }

    /// <summary>Leases rows that are due, for this process alone until the lease ends.</summary>
    public async Task<List<OutboxRow>> ClaimAsync(string channel, int most, long nowMs, TimeSpan lease, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginAsync(database, stop);
        var rows = await transaction.QueryAsync<OutboxRow>(
            _claim, new { channel, most, now = nowMs, until = nowMs + (long)lease.TotalMilliseconds, owner = _owner });
        await transaction.CommitAsync();
        return rows.AsList();
    }

    /// <summary>Writes down what became of leased rows, all or none; rows whose lease another process has taken over stay its own.</summary>
    public async Task SettleAsync(IReadOnlyCollection<Settlement> settlements, long nowMs, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginAsync(database, stop);
        foreach (var settlement in settlements)
            await transaction.ExecuteAsync(
                """
                update outbox set state = @state, attempts = @Attempts, due_at = @DueAt, claimed_until = 0, claimed_by = null,
                  ended_at = @ended, reason = @reason, detail = @Detail
                where id = @id and state = 'pending' and claimed_by = @owner
                """,
                new
                {
                    id = settlement.Row.Id,
                    state = settlement.State.Name(),
                    settlement.Attempts,
                    settlement.DueAt,
                    ended = settlement.State is OutboxState.Pending ? (long?)null : nowMs,
                    reason = settlement.Reason.Name(),
                    settlement.Detail,
                    owner = _owner,
                });
        await transaction.CommitAsync();
    }

    public async Task<long> CountDeliveredAsync(string channel, string recipient, long sinceMs, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginReadAsync(database, stop);
        return await transaction.FirstAsync<long>(
            "select count(*) from outbox where channel = @channel and recipient = @recipient and state = 'delivered' and ended_at > @sinceMs",
            new { channel, recipient, sinceMs });
    }

    /// <summary>Forgets what ended before a time.</summary>
    public async Task ForgetAsync(long beforeMs, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginAsync(database, stop);
        await transaction.ExecuteAsync("delete from outbox where state <> 'pending' and ended_at < @beforeMs", new { beforeMs });
        await transaction.CommitAsync();
    }
}
