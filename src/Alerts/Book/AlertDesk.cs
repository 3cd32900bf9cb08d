using System.Collections.Immutable;
using Dapper;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Notify;
using Fleet.Grains.Rules;
using Fleet.Store;

namespace Fleet.Alerts.Book;

/// <summary>Which alerts to list; what is null does not matter.</summary>
public sealed record AlertQuery(AlertState? State = null, string? Terminal = null, string? Fault = null, string? Site = null);

/// <summary>Where people look at alerts and act on them.</summary>
public sealed class AlertDesk
{
    private readonly Database _database;
    private readonly Ledger _ledger;
    private readonly FaultCatalogue _catalogue;
    private readonly Deliveries _deliveries;
    private readonly TimeProvider _time;

    internal AlertDesk(Database database, Ledger ledger, FaultCatalogue catalogue, Deliveries deliveries, TimeProvider time) =>
        (_database, _ledger, _catalogue, _deliveries, _time) = (database, ledger, catalogue, deliveries, time);

    /// <summary>Newest first.</summary>
    public async Task<Page<AlertView>> ListAsync(AlertQuery query, int limit, Cursor? after, CancellationToken stop)
    {
        var where = new Conditions()
            .And(query.State is not null, "a.state = @state")
            .And(query.Terminal is not null, "a.terminal = @Terminal")
            .And(query.Fault is not null, "a.fault = @Fault")
            .And(query.Site is not null, "a.site = @Site")
            .And(after is not null, "(a.raised_at < @at or (a.raised_at = @at and a.id < @id))");
        await using var connection = await _database.OpenAsync(stop);
        var rows = await connection.QueryAsync<AlertRow>(new CommandDefinition(
            $"select {AlertRow.Columns} from alerts a {where} order by a.raised_at desc, a.id desc limit @most",
            new { state = query.State?.Name(), query.Terminal, query.Fault, query.Site, at = after?.AtMs, id = after?.Id, most = limit + 1 },
            cancellationToken: stop));
        return rows.AsList().ToPage(limit, AlertView.Of, row => new(row.RaisedAt, row.Id));
    }

    public async Task<AlertDetail?> FindAsync(string id, Language language, CancellationToken stop)
    {
        await using var transaction = await Transaction.BeginReadAsync(_database, stop);
        return await Ledger.FindAsync(transaction, id) is { } row ? await DetailAsync(transaction, row, language) : null;
    }

    /// <summary>The codes of the faults whose alerts are not cleared, by terminal; terminals without are missing.</summary>
    public async Task<ILookup<string, string>> FaultsOfAsync(string[] terminals, CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Terminal, string Fault)>(new CommandDefinition(
            $"select terminal, fault from alerts where state <> 'cleared' and terminal {_database.Among("@terminals")} order by raised_at, fault",
            new { terminals }, cancellationToken: stop));
        return rows.ToLookup(r => r.Terminal, r => r.Fault);
    }

    /// <summary>The terminals with an alert of an operator's rule that is not cleared.</summary>
    public async Task<IEnumerable<string>> RaisedByRulesAsync(CancellationToken stop)
    {
        await using var connection = await _database.OpenAsync(stop);
        return await connection.QueryAsync<string>(new CommandDefinition(
            $"select distinct terminal from alerts where state <> 'cleared' and fault like '{Rule.Prefix}%'", cancellationToken: stop));
    }

    /// <summary>The codes of a terminal's faults whose alerts are not cleared, and how well it is by its alerts and by what is foreseen of it.</summary>
    /// <param name="foreseen">Codes of faults that are forecast.</param>
    public async Task<(string[] Faults, TerminalHealth Health)> ConditionOfAsync(string terminal, IEnumerable<string> foreseen, CancellationToken stop)
    {
        var sinceMs = (_time.GetUtcNow() - TerminalHealth.Recent).ToUnixTimeMilliseconds();
        await using var connection = await _database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Fault, long Open, long Recent)>(new CommandDefinition("""
            select fault, sum(case when state <> 'cleared' then 1 else 0 end), sum(case when raised_at >= @sinceMs and incident is null then 1 else 0 end)
            from alerts where terminal = @terminal and (state <> 'cleared' or raised_at >= @sinceMs) group by fault
            order by min(case when state <> 'cleared' then raised_at end), fault
            """, new { terminal, sinceMs }, cancellationToken: stop));
        FaultPast[] past = [.. rows.Select(r => new FaultPast(r.Fault, _catalogue.Of(r.Fault).Severity, r.Open > 0, (int)r.Recent))];
        return ([.. past.Where(f => f.Open).Select(f => f.Code)], TerminalHealth.Of(past, foreseen));
    }

    public async Task<Act<AlertDetail>> ActAsync(string id, AlertAct act, Language language, CancellationToken stop)
    {
        while (true)
        {
            await using var transaction = await Transaction.BeginAsync(_database, stop);
            if (await Ledger.FindAsync(transaction, id) is not { } before) return Act<AlertDetail>.NotFound;
            var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (act.On(before, nowMs) is not { } after) return new(null, $"The alert was cleared at {Iso8601.Text(before.ClearedAt)}.");
            if (after != before && !await _ledger.ChangeAsync(transaction, before, after, act.ChangeAt(nowMs), nowMs)) continue; // somebody was faster
            var detail = await DetailAsync(transaction, after, language);
            await transaction.CommitAsync();
            _deliveries.Wake();
            return new(detail);
        }
    }

    private async Task<AlertDetail> DetailAsync(Transaction transaction, AlertRow row, Language language)
    {
        var fault = _catalogue.Of(row.Fault);
        var changes = await transaction.QueryAsync<(long At, string Kind, string? Actor, string? Note)>(
            "select at, kind, actor, note from alert_changes where alert = @Id order by version", new { row.Id });
        ImmutableArray<AlertHistoryEntry> history = [.. changes.Select(c => new AlertHistoryEntry(Iso8601.Text(c.At), c.Kind, c.Actor, c.Note))];
        return new(AlertView.Of(row))
        {
            Title = fault.Title.In(language),
            Steps = fault.MerchantSteps.In(language),
            AcknowledgedAt = Iso8601.Text(row.AcknowledgedAt),
            AcknowledgedBy = row.AcknowledgedBy,
            Comments = [.. history.Where(h => h.Kind == AlertChange.Commented.Name())],
            History = history,
        };
    }
}
