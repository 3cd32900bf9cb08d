using Fleet.Alerts.Book;

namespace Fleet.Alerts.Maintenance;

/// <summary>Tasks in the transaction of the alert that asks for them.</summary>
internal static class MaintenanceTasks
{
    /// <summary>Opens the task of an alert that was raised, where its plan calls for one and none of that name is open for the terminal.</summary>
    public static async Task AlertRaisedAsync(Transaction transaction, AlertRow alert, TaskPlan? plan, long nowMs)
    {
        if (plan is null || !await IsCalledForAsync(transaction, alert, plan)) return;
        await transaction.ExecuteAsync(
            """
            insert into tasks (id, terminal, site, merchant, name, fault, alert, state, opened_at, due_at, version)
            values (@id, @Terminal, @Site, @Merchant, @Name, @Fault, @alert, 'open', @nowMs, @dueMs, 1) on conflict do nothing
            """,
            new
            {
                id = Identity.OfTask(alert.Id, plan.Name), alert.Terminal, alert.Site, alert.Merchant, plan.Name, alert.Fault, alert = alert.Id,
                nowMs, dueMs = nowMs + (long)plan.DueAfter.TotalMilliseconds,
            });
    }

    /// <summary>The fault is gone: a task that it asked for by itself closes; one that its recurring asked for stays.</summary>
    public static async Task AlertClearedAsync(Transaction transaction, AlertRow alert, TaskPlan? plan, long nowMs)
    {
        if (plan is not { Times: 1 }) return;
        await transaction.ExecuteAsync(
            "update tasks set state = 'closed', ended_at = @nowMs, version = version + 1 where terminal = @Terminal and alert = @Id and state = 'open'",
            new { alert.Terminal, alert.Id, nowMs });
    }

    public static Task<TaskRow?> FindAsync(Transaction transaction, string id) =>
        transaction.FirstAsync<TaskRow>($"select {TaskRow.Columns} from tasks where id = @id", new { id });

    private static async Task<bool> IsCalledForAsync(Transaction transaction, AlertRow alert, TaskPlan plan)
    {
        if (plan.Times == 1) return true;
        var raised = await transaction.QueryAsync<long>(
            "select raised_at from alerts where terminal = @Terminal and fault = @Fault and raised_at > @since and raised_at <= @RaisedAt",
            new { alert.Terminal, alert.Fault, since = alert.RaisedAt - (long)(plan.Within?.TotalMilliseconds ?? 0), alert.RaisedAt });
        return plan.IsCalledFor(raised, alert.RaisedAt);
    }
}
