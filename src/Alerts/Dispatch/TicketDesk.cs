using Dapper;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Neighbours;
using Fleet.Grains.Neighbours;
using Fleet.Store;

namespace Fleet.Alerts.Dispatch;

/// <summary>Which tickets to list; what is null does not matter.</summary>
public sealed record TicketQuery(TicketState? State = null, string? Terminal = null);

/// <summary>What an engineer does with a ticket.</summary>
/// <param name="Version">The version the engineer has seen; null for whatever it is.</param>
public sealed record TicketAct(TicketVerb Verb, string? Engineer = null, string? Note = null, long? Version = null);

/// <summary>Where engineers look at tickets and act on them.</summary>
public sealed class TicketDesk
{
    private readonly Database _database;
    private readonly FaultCatalogue _catalogue;
    private readonly Members _members;
    private readonly TimeProvider _time;

    internal TicketDesk(Database database, FaultCatalogue catalogue, Members members, TimeProvider time) =>
        (_database, _catalogue, _members, _time) = (database, catalogue, members, time);

    /// <summary>Newest first.</summary>
    public async Task<Page<TicketView>> ListAsync(TicketQuery query, int limit, Cursor? after, Language language, CancellationToken stop)
    {
        var where = new Conditions()
            .And(query.State is not null, "t.state = @state")
            .And(query.Terminal is not null, "a.terminal = @Terminal")
            .And(after is not null, "(t.opened_at < @at or (t.opened_at = @at and t.id < @id))");
        await using var transaction = await Transaction.BeginReadAsync(_database, stop);
        var rows = (await transaction.QueryAsync<TicketRow>(
            $"{TicketRow.Select} {where} order by t.opened_at desc, t.id desc limit @most",
            new { state = query.State?.Name(), query.Terminal, at = after?.AtMs, id = after?.Id, most = limit + 1 })).AsList();
        var histories = await HistoriesAsync(transaction, [.. rows.Select(r => r.Id)]);
        return rows.ToPage(limit, row => View(row, histories[row.Id], language), row => new(row.OpenedAt, row.Id));
    }

    public async Task<TicketView?> FindAsync(string id, Language language, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginReadAsync(_database, stop);
        return await Tickets.FindAsync(transaction, id) is { } row ? await ViewAsync(transaction, row, language) : null;
    }

    public async Task<Act<TicketView>> ActAsync(string id, TicketAct act, Language language, CancellationToken stop)
    {
        while (true)
        {
            await using var transaction = await Transaction.BeginAsync(_database, stop);
            if (await Tickets.FindAsync(transaction, id) is not { } before) return Act<TicketView>.NotFound;
            if (act.Version is { } seen && seen != before.Version)
                return new(null, $"The ticket is at version {before.Version}, not {seen}: somebody has changed it since.");
            if (TicketFlow.Next(before.State, act.Verb) is not { } next)
                return new(null, $"A ticket that is {before.State.Name()} cannot {act.Verb.Name()}.");

            var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
            var after = before.To(next, nowMs, act.Engineer);
            if (!await Tickets.ChangeAsync(transaction, before, after, nowMs, act.Engineer, act.Note)) continue; // somebody was faster
            var view = await ViewAsync(transaction, after, language);
            await transaction.CommitAsync();
            return new(view);
        }
    }

    private async Task<ILookup<string, TicketHistoryEntry>> HistoriesAsync(Transaction transaction, string[] tickets) =>
        (await transaction.QueryAsync<(string Ticket, long At, string Kind, string? Engineer, string? Note)>(
            $"select ticket, at, kind, engineer, note from ticket_changes where ticket {_database.Among("@tickets")} order by version", new { tickets }))
        .ToLookup(c => c.Ticket, c => new TicketHistoryEntry(Iso8601.Text(c.At), c.Kind, c.Engineer, c.Note));

    private async Task<TicketView> ViewAsync(Transaction transaction, TicketRow row, Language language) =>
        View(row, (await HistoriesAsync(transaction, [row.Id]))[row.Id], language);

    private TicketView View(TicketRow row, IEnumerable<TicketHistoryEntry> history, Language language)
    {
        var fault = _catalogue.Of(row.Fault);
        var group = GroupKind.Of(row.Terminal) is not null;
        var terminal = _members.Standing(row.Terminal);
        return new()
        {
            Id = row.Id,
            Alert = row.Alert,
            Terminal = group ? null : row.Terminal,
            Subject = row.Terminal,
            Site = row.Site,
            Merchant = row.Merchant,
            Fault = row.Fault,
            Severity = row.Severity.Name(),
            State = row.State.Name(),
            OpenedAt = Iso8601.Text(row.OpenedAt),
            EndedAt = Iso8601.Text(row.EndedAt),
            Engineer = row.Engineer,
            Reason = row.Reason,
            Steps = fault.EngineerSteps.In(language),
            Parts = fault.Parts.In(language),
            Address = terminal?.Address,
            TerminalModel = group ? null : terminal?.Model,
            Evidence = System.Text.Json.JsonElement.Parse(row.Evidence),
            Version = row.Version,
            History = [.. history],
        };
    }
}
