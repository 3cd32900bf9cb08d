using System.Collections.Immutable;
using Dapper;
using Fleet.Alerts.Book;
using Fleet.Grains.Neighbours;
using Fleet.Store;

namespace Fleet.Alerts.Neighbours;

/// <summary>The book as groups see it: which of their members are at fault.</summary>
internal sealed class GroupFaults(Database database, Members members) : IMembers
{
    private static readonly GroupKind[] Watching = [.. GroupKind.All.Except(GroupKind.Compared)];
    private static readonly string[] Kinds = [.. Watching.Select(kind => kind.Fault).Distinct()];
    private static readonly long LongestWindowMs = Watching.Max(kind => kind.Limits.WindowMs);
    private static readonly string[] OfVersions = [.. GroupKind.App.Explained];
    private static readonly string[] Standing = [.. GroupKind.App.Explained, GroupKind.App.Fault, Cohorts.Silence];

    public int CountOf(string group) => members.CountOf(group);

    public string? SiteOf(string serial) => members.Find(serial)?.Site;

    public string? ModelOf(string serial) => members.Find(serial)?.Model;

    public IReadOnlyDictionary<string, long> Without(string group, Without what) => members.Without(group, what);

    public async Task<ImmutableArray<MemberChange>> OpenAsync(string group, CancellationToken stop)
    {
        var kind = GroupKind.Of(group)!;
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Member, string Fault, long RaisedAtMs, string? Evidence)>(new CommandDefinition(
            """
            select terminal, fault, raised_at, null from alerts where terminal = @group and fault = @Fault and state <> 'cleared'
            union all select * from (
              select a.terminal, a.fault, a.raised_at, a.evidence from alert_groups g join alerts a on a.id = g.alert
              where g.subject = @group and a.state <> 'cleared' order by a.raised_at) of_members
            """, new { group, kind.Fault }, cancellationToken: stop));
        return [.. rows.Where(r => r.Member == group || kind.Counts(r.Fault)).Select(r => new MemberChange(r.Member, r.Fault, IsCleared: false, r.RaisedAtMs, (long)EvidenceJson.Number(r.Evidence, GroupKind.LastHeard)))];
    }

    /// <summary>The groups that may have something to find: their own fault is raised, or a member's is recent.</summary>
    public async Task<IReadOnlyList<string>> WatchingAsync(long nowMs, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Subject, long LatestMs)>(new CommandDefinition(
            $"""
            select terminal, @nowMs from alerts where state <> 'cleared' and fault {database.Among("@Kinds")}
            union all
            select g.subject, max(a.raised_at) from alert_groups g join alerts a on a.id = g.alert where a.raised_at >= @fromMs group by g.subject
            """, new { Kinds, nowMs, fromMs = nowMs - LongestWindowMs }, cancellationToken: stop));
        return [.. rows.Where(row => GroupKind.Of(row.Subject) is { IsCompared: false } kind && row.LatestMs >= nowMs - kind.Limits.WindowMs).Select(row => row.Subject).Distinct()];
    }

    public async Task<IReadOnlyList<Trouble>> TroublesAsync(long fromMs, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        // Two halves, each by an index of its own.
        var rows = await connection.QueryAsync<(string Subject, string Fault, long RaisedAtMs, string State, string? Evidence)>(new CommandDefinition(
            $"""
            select terminal, fault, raised_at, state, null from alerts where raised_at >= @fromMs and state = 'cleared' and fault {database.Among("@OfVersions")}
            union all select terminal, fault, raised_at, state, case when fault = @Fault then evidence end from alerts where state <> 'cleared' and fault {database.Among("@Standing")}
            """, new { fromMs, OfVersions, Standing, GroupKind.App.Fault }, cancellationToken: stop));
        return [.. rows.Select(row => new Trouble(row.Subject, row.Fault, row.RaisedAtMs, row.State == "cleared", EvidenceJson.Text(row.Evidence, Cohorts.MemberFault)))];
    }
}
