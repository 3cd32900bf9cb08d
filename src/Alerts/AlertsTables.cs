using Fleet.Store;

namespace Fleet.Alerts;

/// <summary>
/// The tables of this room. Times are Unix ms. An alert, its ticket and its outbox rows always change in one transaction;
/// every change makes the row's version greater by one, and that version is the number of the change in its history.
/// A row of <c>alert_holds</c> is an alert whose merchant was not told yet: it waits for its neighbours, or for the end of
/// its cause. <c>alert_groups</c> has the groups that may be the cause of an alert that stands.
/// <c>census</c> is what each terminal last said of its app, firmware and cell, and what it does without; which process wrote it, and when.
/// </summary>
public static class AlertsTables
{
    public static async Task EnsureAsync(Database database, CancellationToken stop = default)
    {
        await database.EnsureAsync(Definitions, stop);
        await database.EnsureColumnAsync("census", "lacks", "bigint not null default 0", stop);
        await database.EnsureColumnAsync("census", "mains_lost_at", "bigint not null default 0", stop);
    }

    private const string Definitions = """
        create table if not exists alerts (
          id text primary key, terminal text not null, site text, merchant text, fault text not null, severity text not null,
          state text not null, raised_at bigint not null, acknowledged_at bigint, acknowledged_by text, silenced_until bigint,
          cleared_at bigint, evidence text not null, incident text, cause text, visit_due bigint, version bigint not null);
        create unique index if not exists alerts_one_active on alerts (terminal, fault) where state <> 'cleared';
        create index if not exists alerts_by_fault on alerts (terminal, fault, raised_at);
        create index if not exists alerts_by_time on alerts (raised_at, id);
        create index if not exists alerts_by_visit on alerts (visit_due) where visit_due is not null and state <> 'cleared';

        create table if not exists alert_changes (
          alert text not null, version bigint not null, at bigint not null, kind text not null, actor text, note text,
          primary key (alert, version));
        create index if not exists alerts_by_incident on alerts (incident) where incident is not null;

        create table if not exists alert_holds (alert text primary key, until_at bigint not null);
        create index if not exists alert_holds_due on alert_holds (until_at);

        create table if not exists alert_groups (subject text not null, alert text not null, primary key (subject, alert));
        create index if not exists alert_groups_by_alert on alert_groups (alert);

        create table if not exists census (
          serial text primary key, app text, app_since bigint not null, firmware text, firmware_since bigint not null, cell text,
          lacks bigint not null default 0, mains_lost_at bigint not null default 0, node text not null, changed_at bigint not null);
        create index if not exists census_by_time on census (changed_at);

        create table if not exists tickets (
          id text primary key, alert text not null unique, state text not null, opened_at bigint not null, ended_at bigint,
          engineer text, reason text, version bigint not null);
        create index if not exists tickets_by_time on tickets (opened_at, id);

        create table if not exists ticket_changes (
          ticket text not null, version bigint not null, at bigint not null, kind text not null, engineer text, note text,
          primary key (ticket, version));

        create table if not exists tasks (
          id text primary key, terminal text not null, site text, merchant text, name text not null, fault text not null, alert text not null,
          state text not null, opened_at bigint not null, due_at bigint not null, ended_at bigint, ended_by text, note text, version bigint not null);
        create unique index if not exists tasks_one_open on tasks (terminal, name) where state = 'open';
        create index if not exists tasks_by_time on tasks (opened_at, id);

        create table if not exists outbox (
          id text primary key, channel text not null, recipient text not null, alert text not null, number bigint not null,
          payload text not null, created_at bigint not null, state text not null, attempts bigint not null,
          due_at bigint not null, claimed_until bigint not null, claimed_by text, ended_at bigint, reason text, detail text);
        create index if not exists outbox_due on outbox (channel, due_at) where state = 'pending';
        create index if not exists outbox_order on outbox (alert, channel, number) where state = 'pending';
        create index if not exists outbox_spent on outbox (channel, recipient, ended_at) where state = 'delivered';
        create index if not exists outbox_ended on outbox (ended_at) where state <> 'pending';
        """;
}
