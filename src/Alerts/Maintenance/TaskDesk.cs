using Dapper;
using Fleet.Alerts.Catalogue;
using Fleet.Store;

namespace Fleet.Alerts.Maintenance;

/// <summary>Which tasks to list; what is null does not matter.</summary>
public sealed record TaskQuery(TaskState? State = null, string? Terminal = null, string? Name = null);

/// <summary>How a person ends a task: <see cref="TaskState.Done"/> or <see cref="TaskState.Dismissed"/>.</summary>
/// <param name="Version">The version the person has seen; null for whatever it is.</param>
public sealed record TaskAct(TaskState End, string? By = null, string? Note = null, long? Version = null);

/// <summary>Where people look at tasks and end them.</summary>
public sealed class TaskDesk
{
    private readonly Database _database;
    private readonly FaultCatalogue _catalogue;
    private readonly TimeProvider _time;

    internal TaskDesk(Database database, FaultCatalogue catalogue, TimeProvider time) => (_database, _catalogue, _time) = (database, catalogue, time);

    /// <summary>Newest first.</summary>
    public async Task<Page<TaskView>> ListAsync(TaskQuery query, int limit, Cursor? after, Language language, CancellationToken stop)
    {
        var where = new Conditions()
            .And(query.State is not null, "state = @state")
            .And(query.Terminal is not null, "terminal = @Terminal")
            .And(query.Name is not null, "name = @Name")
            .And(after is not null, "(opened_at < @at or (opened_at = @at and id < @id))");
        await using var connection = await _database.OpenAsync(stop);
        var rows = await connection.QueryAsync<TaskRow>(new CommandDefinition(
            $"select {TaskRow.Columns} from tasks {where} order by opened_at desc, id desc limit @most",
            new { state = query.State?.Name(), query.Terminal, query.Name, at = after?.AtMs, id = after?.Id, most = limit + 1 },
            cancellationToken: stop));
        return rows.AsList().ToPage(limit, row => View(row, language), row => new(row.OpenedAt, row.Id));
    }

    public async Task<Act<TaskView>> ActAsync(string id, TaskAct act, Language language, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginAsync(_database, stop);
        if (await MaintenanceTasks.FindAsync(transaction, id) is not { } before) return Act<TaskView>.NotFound;
        if (act.Version is { } seen && seen != before.Version)
            return new(null, $"The task is at version {before.Version}, not {seen}: somebody has changed it since.");
        var after = before.To(act.End, _time.GetUtcNow().ToUnixTimeMilliseconds(), act.By, act.Note);
        var changed = await transaction.ExecuteAsync(
            "update tasks set state = @state, ended_at = @EndedAt, ended_by = @EndedBy, note = @Note, version = @Version where id = @Id and state = 'open'",
            new { after.Id, state = after.State.Name(), after.EndedAt, after.EndedBy, after.Note, after.Version });
        if (changed == 0) return new(null, $"The task has ended: it is {(before.State == TaskState.Open ? "closed" : before.State.Name())}.");
        await transaction.CommitAsync();
        return new(View(after, language));
    }

    private TaskView View(TaskRow row, Language language) => new()
    {
        Id = row.Id,
        Terminal = row.Terminal,
        Site = row.Site,
        Merchant = row.Merchant,
        Name = row.Name,
        Text = _catalogue.Of(row.Fault).Prevention.In(language),
        Fault = row.Fault,
        Alert = row.Alert.Length > 0 ? row.Alert : null,
        State = row.State.Name(),
        OpenedAt = Iso8601.Text(row.OpenedAt),
        DueAt = Iso8601.Text(row.DueAt),
        EndedAt = Iso8601.Text(row.EndedAt),
        EndedBy = row.EndedBy,
        Note = row.Note,
        Version = row.Version,
    };
}
