using Dapper;
using Fleet.Alerts.Book;

namespace Fleet.Alerts.Dispatch;

/// <summary>Tickets in the transaction of what changes them.</summary>
internal static class Tickets
{
    public const string AlertCleared = "alert-cleared";

    /// <summary>A group turned out to be the cause. When it ends and the alert stands, the ticket opens again.</summary>
    public const string HasCause = "has-cause";

    public static async Task OpenAsync(Transaction transaction, string alert, long nowMs)
    {
        var id = Identity.OfTicket(alert);
        var opened = await transaction.ExecuteAsync(
            "insert into tickets (id, alert, state, opened_at, version) values (@id, @alert, 'open', @nowMs, 1) on conflict do nothing",
            new { id, alert, nowMs });
        if (opened == 1) await RecordAsync(transaction, id, 1, TicketState.Open, nowMs, null, null);
        else if (await FindAsync(transaction, id) is { State: TicketState.Closed, Reason: HasCause } closed)
            await ChangeAsync(transaction, closed, closed.To(TicketState.Open, nowMs) with { Reason = null }, nowMs, null, null);
    }

    /// <summary>Closes those of an incident that nobody has accepted, and lets their alerts be looked at again when the incident is over.</summary>
    public static async Task CauseFoundAsync(Transaction transaction, string incident, long nowMs)
    {
        var open = (await transaction.QueryAsync<TicketRow>(
            $"{TicketRow.Select} where a.incident = @incident and a.id <> @incident and a.cause is not null and t.state = 'open'", new { incident })).AsList();
        foreach (var ticket in open)
        {
            if (!await ChangeAsync(transaction, ticket, ticket.To(TicketState.Closed, nowMs, reason: HasCause), nowMs, null, HasCause)) continue;
            await transaction.ExecuteAsync("update alerts set visit_due = @nowMs where id = @Alert", new { nowMs, ticket.Alert });
        }
    }

    /// <summary>Opens a ticket for every alert that has stood long enough; one silenced waits until it is heard again, one held or with a cause until it is the terminal's own.</summary>
    public static async Task<int> OpenDueAsync(Transaction transaction, long nowMs)
    {
        var due = (await transaction.QueryAsync<string>(
            """
            update alerts set visit_due = null
            where visit_due <= @nowMs and state <> 'cleared' and coalesce(silenced_until, 0) <= @nowMs
              and cause is null and not exists (select 1 from alert_holds h where h.alert = alerts.id)
            returning id
            """, new { nowMs })).AsList();
        foreach (var alert in due) await OpenAsync(transaction, alert, nowMs);
        return due.Count;
    }

    /// <summary>An alert cleared: its ticket closes itself while nobody has accepted it; an engineer under way only learns of it.</summary>
    public static async Task AlertClearedAsync(Transaction transaction, AlertRow alert, long nowMs)
    {
        while (alert.Ticket is { } id)
        {
            var ticket = await FindAsync(transaction, id);
            if (ticket is null || ticket.State.HasEnded()) return;
            var next = ticket.State is TicketState.Open ? ticket.To(TicketState.Closed, nowMs, reason: AlertCleared) : ticket.To(ticket.State, nowMs);
            if (await ChangeAsync(transaction, ticket, next, nowMs, null, AlertCleared)) return;
        }
    }

    /// <summary>The ticket that is open for a fault of a terminal; null for none.</summary>
    public static Task<string?> OpenOfAsync(Transaction transaction, string terminal, string fault) => transaction.FirstAsync<string>(
        "select t.id from tickets t join alerts a on a.id = t.alert where a.terminal = @terminal and a.fault = @fault and t.ended_at is null", new { terminal, fault });

    public static Task<TicketRow?> FindAsync(Transaction transaction, string id) =>
        transaction.FirstAsync<TicketRow>($"{TicketRow.Select} where t.id = @id", new { id });

    /// <summary>Writes a change; false when somebody else has changed the ticket since it was read.</summary>
    public static async Task<bool> ChangeAsync(Transaction transaction, TicketRow before, TicketRow after, long nowMs, string? engineer, string? note)
    {
        var changed = await transaction.ExecuteAsync(
            """
            update tickets set state = @state, ended_at = @EndedAt, engineer = @Engineer, reason = @Reason, version = @Version
            where id = @Id and version = @was
            """,
            new { after.Id, state = after.State.Name(), after.EndedAt, after.Engineer, after.Reason, after.Version, was = before.Version });
        if (changed == 1) await RecordAsync(transaction, after.Id, after.Version, after.State, nowMs, engineer, note);
        return changed == 1;
    }

    private static async Task RecordAsync(Transaction transaction, string ticket, long version, TicketState state, long nowMs, string? engineer, string? note)
    {
        await transaction.ExecuteAsync(
            "insert into ticket_changes (ticket, version, at, kind, engineer, note) values (@ticket, @version, @nowMs, @kind, @engineer, @note)",
            new { ticket, version, nowMs, kind = state.Name(), engineer, note });
        transaction.AfterCommit(() => AlertsMeter.TicketNow(state));
    }
}
