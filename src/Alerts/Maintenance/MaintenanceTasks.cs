using Fleet.Alerts.Book;
using Fleet.Grains;
using Fleet.Store;

namespace Fleet.Alerts.Maintenance;

/// <summary>Tasks in the transaction of the alert, or the forecast, that asks for them.</summary>
internal static class MaintenanceTasks
{
    private const string HasCause = "has-cause";

    private const string Insert = """
        insert into tasks (id, terminal, site, merchant, name, fault, alert, state, opened_at, due_at, version)
        values (@id, @Terminal, @Site, @Merchant, @Name, @Fault, @alert, 'open', @nowMs, @dueMs, 1) on conflict do nothing
        """;

    /// <summary>
    /// Opens the task of an alert that is told, where its plan calls for one and none of that name is open for the terminal.
    /// One that is held, or has its cause outside, asks for nothing until it is released.
    /// </summary>
    public static async Task AlertToldAsync(Transaction transaction, AlertRow alert, TaskPlan? plan, long nowMs)
    {
        if (plan is null || !await IsCalledForAsync(transaction, alert, plan)) return;
        // What was foreseen has come: the work that is open for it is the alert's from now on.
        if (await transaction.ExecuteAsync(
            "update tasks set alert = @Id, fault = @Fault, version = version + 1 where terminal = @Terminal and name = @Name and state = 'open' and alert = ''",
            new { alert.Id, alert.Fault, alert.Terminal, plan.Name }) > 0) return;
        await transaction.ExecuteAsync(Insert, new
        {
            id = Identity.OfTask(alert.Id, plan.Name), alert.Terminal, alert.Site, alert.Merchant, plan.Name, alert.Fault, alert = alert.Id,
            nowMs, dueMs = nowMs + (long)plan.DueAfter.TotalMilliseconds,
        });
    }

    /// <summary>Opens the task that keeps a fault from coming, due when it may come; once for each forecast, whatever became of it.</summary>
    public static Task ForeseenAsync(Transaction transaction, Finding foreseen, TaskPlan plan, RegisteredTerminal? terminal, long nowMs) =>
        transaction.ExecuteAsync(Insert, new
        {
            id = IdOf(foreseen, plan), Terminal = foreseen.Subject, terminal?.Site, terminal?.Merchant, plan.Name, foreseen.Fault, alert = "",
            nowMs, dueMs = Math.Max(nowMs, foreseen.DueAtMs),
        });

    /// <summary>The fault will not come any more: its task closes, unless it has come meanwhile.</summary>
    public static Task WithdrawnAsync(Transaction transaction, Finding withdrawn, TaskPlan plan, long nowMs) => transaction.ExecuteAsync(
        "update tasks set state = 'closed', ended_at = @nowMs, version = version + 1 where id = @id and state = 'open' and alert = ''",
        new { id = IdOf(withdrawn, plan), nowMs });

    private static string IdOf(Finding forecast, TaskPlan plan) => Identity.OfTask(forecast.Subject, forecast.Fault, forecast.RaisedAtMs, plan.Name);

    /// <summary>The fault is gone: a task that it asked for by itself closes; one that its recurring asked for stays.</summary>
    public static async Task AlertClearedAsync(Transaction transaction, AlertRow alert, TaskPlan? plan, long nowMs)
    {
        if (plan is not { Times: 1 }) return;
        await transaction.ExecuteAsync(
            "update tasks set state = 'closed', ended_at = @nowMs, version = version + 1 where terminal = @Terminal and alert = @Id and state = 'open'",
            new { alert.Terminal, alert.Id, nowMs });
    }

    /// <summary>A group turned out to be the cause: what its members' alerts asked for is off.</summary>
    public static Task CauseFoundAsync(Transaction transaction, string incident, long nowMs) => transaction.ExecuteAsync(
        """
        update tasks set state = 'closed', ended_at = @nowMs, note = @HasCause, version = version + 1
        where state = 'open' and alert in (select id from alerts where incident = @incident and id <> @incident and cause is not null)
        """, new { incident, HasCause, nowMs });

    /// <summary>The cause has ended: what was off is on again for those that stand. Call it while they still have their cause.</summary>
    public static Task CauseEndedAsync(Transaction transaction, string incident) => transaction.ExecuteAsync(
        """
        update tasks set state = 'open', ended_at = null, note = null, version = version + 1
        where state = 'closed' and note = @HasCause
          and alert in (select id from alerts where incident = @incident and id <> @incident and cause is not null and state <> 'cleared')
          and not exists (select 1 from tasks other where other.terminal = tasks.terminal and other.name = tasks.name and other.state = 'open')
        """, new { incident, HasCause });

    public static Task<TaskRow?> FindAsync(Transaction transaction, string id) =>
        transaction.FirstAsync<TaskRow>($"select {TaskRow.Columns} from tasks where id = @id", new { id });

    private static async Task<bool> IsCalledForAsync(Transaction transaction, AlertRow alert, TaskPlan plan)
    {
        if (plan.Times == 1) return true;
        // What had its cause outside is no recurring of the terminal's own.
        var raised = await transaction.QueryAsync<long>(
            """
            select raised_at from alerts
            where terminal = @Terminal and fault = @Fault and raised_at > @since and raised_at <= @RaisedAt and (incident is null or id = @Id)
            """,
            new { alert.Id, alert.Terminal, alert.Fault, since = alert.RaisedAt - (long)(plan.Within?.TotalMilliseconds ?? 0), alert.RaisedAt });
        return plan.IsCalledFor(raised, alert.RaisedAt);
    }
}
