using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Dispatch;
using Fleet.Alerts.Maintenance;
using Fleet.Alerts.Neighbours;
using Fleet.Alerts.Notify;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Logging;

namespace Fleet.Alerts.Book;

/// <summary>
/// Writes alerts: each change in one transaction with its history, its ticket and its outbox rows. Every write is
/// conditional (an insert that may find the row there, an update of one version), so that silos sharing a store never
/// undo each other's.
/// </summary>
internal sealed class Ledger(FaultCatalogue catalogue, Registry registry, Members members, Incidents incidents, NeighbourNews news, Routes routes, ILogger<Ledger> log)
{
    /// <summary>How often a change is judged anew because another silo was faster, before the whole batch starts over.</summary>
    private const int MostRaces = 5;

    /// <summary>A SIM that stays a week is the terminal's own.</summary>
    private const long RepairMs = 7 * 86_400_000L;

    public async Task ApplyAsync(Transaction transaction, Finding finding, long nowMs)
    {
        if (finding.IsForecast)
        {
            await ForeseeAsync(transaction, finding, nowMs);
            return;
        }
        for (var race = 0; race < MostRaces; race++)
        {
            var newest = await NewestAsync(transaction, finding.Subject, finding.Fault);
            var verdict = Findings.Judge(newest, finding);
            if (!await ObeyAsync(transaction, verdict, newest, finding, nowMs)) continue;
            transaction.AfterCommit(() => AlertsMeter.Found(finding.Kind, verdict));
            return;
        }
        throw new InvalidOperationException($"The alert of {finding.Subject} and {finding.Fault} was changed by others {MostRaces} times in a row.");
    }

    /// <summary>Writes a change of an alert with all that hangs on it; false when somebody else has changed the alert since it was read.</summary>
    public async Task<bool> ChangeAsync(Transaction transaction, AlertRow before, AlertRow after, Change change, long nowMs)
    {
        var changed = await transaction.ExecuteAsync(
            """
            update alerts set state = @state, acknowledged_at = @AcknowledgedAt, acknowledged_by = @AcknowledgedBy, silenced_until = @SilencedUntil,
              cleared_at = @ClearedAt, evidence = @Evidence, incident = @Incident, cause = @Cause, version = @Version
            where id = @Id and version = @was
            """,
            new
            {
                after.Id, state = after.State.Name(), after.AcknowledgedAt, after.AcknowledgedBy, after.SilencedUntil,
                after.ClearedAt, after.Evidence, after.Incident, after.Cause, after.Version, was = before.Version,
            });
        if (changed == 0) return false;
        if (change.Kind is AlertChange.Cleared)
        {
            await Tickets.AlertClearedAsync(transaction, after, nowMs);
            await MaintenanceTasks.AlertClearedAsync(transaction, after, catalogue.Find(after.Fault)?.Task, nowMs);
            var groups = await Incidents.ClearedAsync(transaction, after, nowMs);
            transaction.AfterCommit(() => news.Note(after, groups));
        }
        if (change.Kind is AlertChange.Released)
        {
            await Incidents.EndHoldAsync(transaction, after);
            await MaintenanceTasks.AlertToldAsync(transaction, after, catalogue.Find(after.Fault)?.Task, nowMs);
        }
        if (change.Kind is AlertChange.Joined) await Incidents.JoinedAsync(transaction, after, nowMs);
        await TellAsync(transaction, after, change, nowMs);
        return true;
    }

    public static Task<AlertRow?> FindAsync(Transaction transaction, string id) =>
        transaction.FirstAsync<AlertRow>($"select {AlertRow.Columns} from alerts a where a.id = @id", new { id });

    private static Task<AlertRow?> NewestAsync(Transaction transaction, string terminal, string fault) => transaction.FirstAsync<AlertRow>(
        $"select {AlertRow.Columns} from alerts a where a.terminal = @terminal and a.fault = @fault order by a.raised_at desc limit 1", new { terminal, fault });

    private async Task<bool> ObeyAsync(Transaction transaction, Verdict verdict, AlertRow? newest, Finding finding, long nowMs) => verdict switch
    {
        Verdict.Raise => await RaiseAsync(transaction, finding, nowMs),
        Verdict.Change => await ChangeAsync(transaction, newest!, newest!.ToChanged(EvidenceJson.Write(finding.Evidence)), new(AlertChange.Changed, finding.AtMs), nowMs),
        Verdict.Clear => await ChangeAsync(transaction, newest!, newest!.ToCleared(finding.AtMs), new(AlertChange.Cleared, finding.AtMs), nowMs),
        _ => true,
    };

    /// <summary>What is foreseen is no alert: it asks for the work that keeps it from coming.</summary>
    private Task ForeseeAsync(Transaction transaction, Finding finding, long nowMs) => (finding.Kind, catalogue.Find(finding.Fault)?.Task) switch
    {
        (_, null) => Task.CompletedTask,
        (FindingKind.Foreseen, var plan) => MaintenanceTasks.ForeseenAsync(transaction, finding, plan, registry.Find(finding.Subject), nowMs),
        (_, var plan) => MaintenanceTasks.WithdrawnAsync(transaction, finding, plan, nowMs),
    };

    private async Task<bool> RaiseAsync(Transaction transaction, Finding finding, long nowMs)
    {
        var fault = catalogue.Find(finding.Fault);
        if (fault is null) log.FaultUnlisted(finding.Fault);
        fault ??= Fault.Unlisted(finding.Fault);
        var alert = AlertRow.Raised(finding, fault, About(finding.Subject));
        var causes = await incidents.CausesAsync(transaction, alert);
        alert = await incidents.PlaceAsync(transaction, alert, causes, nowMs);
        // Who was sent for the SIM has exchanged it: that is on record, and nobody is asked about it.
        var repair = finding.Fault == "sim-swapped" ? await Tickets.OpenOfAsync(transaction, finding.Subject, "sim-fault") : null;
        if (repair is not null) alert = alert with { SilencedUntil = nowMs + RepairMs };
        var inserted = await transaction.ExecuteAsync(
            """
            insert into alerts (id, terminal, site, merchant, fault, severity, state, raised_at, silenced_until, evidence, incident, cause, visit_due, version)
            values (@Id, @Terminal, @Site, @Merchant, @Fault, @severity, 'open', @RaisedAt, @SilencedUntil, @Evidence, @Incident, @Cause, @VisitDue, @Version) on conflict do nothing
            """,
            new
            {
                alert.Id, alert.Terminal, alert.Site, alert.Merchant, alert.Fault, severity = alert.Severity.Name(),
                alert.RaisedAt, alert.SilencedUntil, alert.Evidence, alert.Incident, alert.Cause, alert.VisitDue, alert.Version,
            });
        if (inserted == 0) return false;
        if (alert.Ticket is not null) await Tickets.OpenAsync(transaction, alert.Id, nowMs);
        if (alert is { HeldUntil: null, Cause: null }) await MaintenanceTasks.AlertToldAsync(transaction, alert, fault.Task, nowMs);
        await Incidents.RaisedAsync(transaction, alert, causes, nowMs);
        transaction.AfterCommit(() => news.Note(alert, causes));
        await TellAsync(transaction, alert, new(AlertChange.Raised, alert.RaisedAt, Note: repair), nowMs);
        return true;
    }

    private async Task TellAsync(Transaction transaction, AlertRow alert, Change change, long nowMs)
    {
        await transaction.ExecuteAsync(
            "insert into alert_changes (alert, version, at, kind, actor, note) values (@Id, @Version, @AtMs, @kind, @By, @Note)",
            new { alert.Id, alert.Version, change.AtMs, kind = change.Kind.Name(), change.By, change.Note });
        // Its cause is told instead: to this merchant too, if that has not been yet.
        if (change.Kind is AlertChange.Raised or AlertChange.Joined && alert is { Cause: not null, Merchant: { } merchant } && await FindAsync(transaction, alert.Incident!) is { HeldUntil: null } cause)
            await SendAsync(transaction, routes.ToMerchants(cause, [merchant], nowMs), cause, new(AlertChange.Raised, cause.RaisedAt), nowMs);
        // For a merchant it begins when told.
        var told = change.Kind is AlertChange.Released ? new(AlertChange.Raised, alert.RaisedAt) : change;
        if (alert is { IsOfGroup: true, HeldUntil: null } && told.Kind is AlertChange.Raised or AlertChange.Cleared)
            await SendAsync(transaction, routes.ToMerchants(alert, await Incidents.MerchantsAsync(transaction, alert), nowMs), alert, told, nowMs);
        await SendAsync(transaction, routes.For(alert, change.Kind, nowMs), alert, told, nowMs);
    }

    private static async Task SendAsync(Transaction transaction, IEnumerable<Route> ways, AlertRow alert, Change change, long nowMs)
    {
        foreach (var route in ways)
        {
            if (route.Withheld is { } reason) transaction.AfterCommit(() => AlertsMeter.Withheld(route.Channel, reason));
            else await Outbox.PutAsync(transaction, route, alert, change, nowMs);
        }
    }

    /// <summary>What the alert says of where it is: of a site's, the site; a carrier's is nowhere.</summary>
    private RegisteredTerminal? About(string subject) =>
        registry.Find(subject) ?? (GroupKind.Of(subject) == GroupKind.Site ? members.Standing(subject) : null);
}
