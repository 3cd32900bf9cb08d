using Dapper;
using Fleet.Alerts.Book;
using Fleet.Alerts.Dispatch;
using Fleet.Alerts.Maintenance;
using Fleet.Grains.Neighbours;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Neighbours;

/// <summary>
/// Alerts of one cause, in the transaction of what changes them. An alert that its neighbours may show too is held back
/// when it is raised; the alert of a group takes the held and the told ones of its members along, and lets go of those
/// that stand when it clears. Whole groups are written by single statements: a carrier has ten thousand.
/// </summary>
internal sealed class Incidents(Members members, IOptions<AlertsOptions> options)
{
    private readonly Holding _holding = new((long)options.Value.LongestHold.TotalMilliseconds);

    /// <summary>The new alert as it will be written: held, with its cause, or as it is.</summary>
    public async Task<AlertRow> PlaceAsync(Transaction transaction, AlertRow alert, string[] causes, long nowMs)
    {
        if (causes.Length > 0)
        {
            if (await CauseAsync(transaction, causes, alert) is { } cause)
                return GroupKind.Of(cause.Terminal)!.IsCompared ? alert.ToJoined(cause).ToUnattended() : alert.ToJoined(cause).ToHeld(AlertRow.WithItsCause);
            // A group's finding is dated from the first of its members': it waits from now.
            var untilMs = _holding.UntilMs(alert.Fault, alert.IsOfGroup ? nowMs : alert.RaisedAt, nowMs);
            if (untilMs > nowMs && causes.Any(subject => !GroupKind.Of(subject)!.IsCompared)) alert = alert.ToHeld(untilMs);
        }
        return alert.IsOfGroup ? alert with { Incident = alert.Id } : alert;
    }

    /// <summary>The groups that may be the cause of an alert, the narrowest first.</summary>
    public async Task<string[]> CausesAsync(Transaction transaction, AlertRow alert)
    {
        var (subject, sign) = (alert.Terminal, GroupKind.Sign(alert.Fault, name => EvidenceJson.Text(alert.Evidence, name)));
        if (GroupKind.Of(subject) is not { } kind) return [.. members.Causes(subject, sign, members.Around(subject))];
        if (!kind.IsExplained) return [];
        // What those who show it share may be the cause of a group's fault in turn; who has been off for days does not show it.
        var showing = await transaction.QueryAsync<string>(
            "select distinct a.terminal from alert_groups g join alerts a on a.id = g.alert where g.subject = @subject and a.state <> 'cleared' and a.raised_at >= @fromMs",
            new { subject, fromMs = alert.RaisedAt - kind.Limits.WindowMs });
        var shared = showing.Where(one => GroupKind.Of(one) is null).Select(members.Around).Aggregate((Surroundings?)null, (all, one) => all?.Shared(one) ?? one);
        return [.. members.Causes(subject, sign, shared ?? default)];
    }

    /// <summary>The alert was written: so is what it may belong to, and, if it is a group's, what belongs to it.</summary>
    public static async Task RaisedAsync(Transaction transaction, AlertRow alert, string[] causes, long nowMs)
    {
        foreach (var subject in causes)
            await transaction.ExecuteAsync("insert into alert_groups (subject, alert) values (@subject, @Id) on conflict do nothing", new { subject, alert.Id });
        if (alert.HeldUntil is { } untilMs)
            await transaction.ExecuteAsync("insert into alert_holds (alert, until_at) values (@Id, @untilMs) on conflict do nothing", new { alert.Id, untilMs });
        if (GroupKind.Of(alert.Terminal) is { } kind) await GatherAsync(transaction, alert, kind, nowMs);
    }

    /// <summary>An alert is over: nothing waits for it; if it was a group's, those of its members that stand get a grace and are told.</summary>
    /// <returns>The groups that are to hear of it.</returns>
    public static async Task<IReadOnlyList<string>> ClearedAsync(Transaction transaction, AlertRow alert, long nowMs)
    {
        var groups = (await transaction.QueryAsync<string>("delete from alert_groups where alert = @Id returning subject", new { alert.Id })).AsList();
        await EndHoldAsync(transaction, alert);
        if (!alert.IsOfGroup) return groups;
        await MaintenanceTasks.CauseEndedAsync(transaction, alert.Id);
        var grace = new { alert.Id, Holding.SlowFault, untilMs = nowMs + Holding.GraceMs, slowUntilMs = nowMs + Holding.SlowGraceMs };
        await transaction.ExecuteAsync(
            """
            update alert_holds set until_at = case when (select fault from alerts where id = alert) = @SlowFault then @slowUntilMs else @untilMs end
            where alert in (select id from alerts where incident = @Id and id <> @Id and cause is not null and state <> 'cleared')
            """, grace);
        await transaction.ExecuteAsync(
            """
            insert into alert_changes (alert, version, at, kind, note)
            select id, version + 1, @nowMs, 'left', @Id from alerts where incident = @Id and id <> @Id and cause is not null and state <> 'cleared'
            """, new { alert.Id, nowMs });
        await transaction.ExecuteAsync(
            """
            update alerts set cause = null, version = version + 1,
              visit_due = case when visit_due < @slowUntilMs and fault = @SlowFault then @slowUntilMs when visit_due < @untilMs then @untilMs else visit_due end,
              incident = case when terminal like '%:%' then id else incident end -- a narrower group stands for itself again
            where incident = @Id and id <> @Id and cause is not null and state <> 'cleared'
            """, grace);
        return [.. groups, alert.Terminal];
    }

    /// <summary>
    /// What it waited for has come: it stays held while it has its cause. A narrower group's members come along: where two
    /// nodes found a shop's fault and its carrier's in one moment, neither saw the other's.
    /// </summary>
    public static async Task JoinedAsync(Transaction transaction, AlertRow alert, long nowMs)
    {
        await WaitAsync(transaction, alert, AlertRow.WithItsCause);
        if (!alert.IsOfGroup) return;
        await transaction.ExecuteAsync(
            "update alerts set cause = @Cause, incident = @Incident, version = version + 1 where incident = @Id and id <> @Id and cause is not null and state <> 'cleared'",
            new { alert.Id, alert.Cause, alert.Incident });
        await NoteJoinedAsync(transaction, alert, nowMs);
    }

    /// <summary>Nobody is told of it, or sent, before a time.</summary>
    public static Task WaitAsync(Transaction transaction, AlertRow alert, long untilMs) =>
        transaction.ExecuteAsync("update alert_holds set until_at = @untilMs where alert = @Id", new { alert.Id, untilMs });

    public static Task EndHoldAsync(Transaction transaction, AlertRow alert) =>
        transaction.ExecuteAsync("delete from alert_holds where alert = @Id", new { alert.Id });

    /// <summary>The alert it now belongs to, where one of its groups has found something while it waited; else null.</summary>
    public async Task<AlertRow?> CauseAsync(Transaction transaction, AlertRow alert) =>
        await CauseAsync(transaction, await CausesAsync(transaction, alert), alert);

    /// <summary>Whose merchants are told of a group: those of its members.</summary>
    public static async Task<IReadOnlyList<string>> MerchantsAsync(Transaction transaction, AlertRow alert) => (await transaction.QueryAsync<string>(
        "select distinct merchant from alerts where incident = @Id and merchant is not null order by merchant", new { alert.Id })).AsList();

    private static async Task<AlertRow?> CauseAsync(Transaction transaction, string[] causes, AlertRow alert)
    {
        foreach (var subject in causes)
        {
            var kind = GroupKind.Of(subject)!;
            var cause = await transaction.FirstAsync<AlertRow>(
                $"select {AlertRow.Columns} from alerts a where a.terminal = @subject and a.fault = @Fault and a.state <> 'cleared' and a.raised_at <= @latest",
                new { subject, kind.Fault, latest = alert.RaisedAt + kind.Limits.WindowMs });
            if (cause is not null && (OnlyFault(cause, kind) ?? alert.Fault) == alert.Fault) return cause;
        }
        return null;
    }

    /// <summary>A version is the cause of the one fault it was found by; a site or a carrier of all that it explains.</summary>
    private static string? OnlyFault(AlertRow cause, GroupKind kind) => kind.IsCompared ? EvidenceJson.Text(cause.Evidence, Cohorts.MemberFault) : null;

    private static async Task GatherAsync(Transaction transaction, AlertRow group, GroupKind kind, long nowMs)
    {
        var (incident, cause, fromMs) = (group.Incident, group.Cause ?? group.Fault, group.RaisedAt - kind.Limits.WindowMs);
        // Also those of a narrower group that is not told itself: a shop that turns out to be its carrier's.
        var joined = (await transaction.QueryAsync<string>(
            """
            update alerts set cause = @cause, incident = @incident, version = version + 1
            where id in (select g.alert from alert_groups g where g.subject = @Terminal) and id <> @Id and state <> 'cleared' and raised_at >= @fromMs
              and fault = coalesce(@only, fault)
              and (cause is null or exists (select 1 from alert_holds h where h.alert = alerts.incident))
            returning id
            """, new { cause, incident, group.Terminal, group.Id, fromMs, only = OnlyFault(group, kind) })).AsList();
        if (joined.Count == 0) return;
        await NoteJoinedAsync(transaction, group, nowMs);
        await transaction.ExecuteAsync(
            "update alert_holds set until_at = @WithItsCause where alert in (select id from alerts where incident = @incident and id <> @incident and cause is not null)",
            new { incident, AlertRow.WithItsCause });
        await Tickets.CauseFoundAsync(transaction, incident!, nowMs);
        await MaintenanceTasks.CauseFoundAsync(transaction, incident!, nowMs);
    }

    /// <summary>The history of those that have joined an incident with a group; the group's own is written by who changes it.</summary>
    private static Task<int> NoteJoinedAsync(Transaction transaction, AlertRow group, long nowMs) => transaction.ExecuteAsync(
        """
        insert into alert_changes (alert, version, at, kind, note)
        select id, version, @nowMs, 'joined', @Incident from alerts where incident = @Incident and id <> @Incident and id <> @Id and state <> 'cleared' on conflict do nothing
        """, new { group.Id, group.Incident, nowMs });
}
