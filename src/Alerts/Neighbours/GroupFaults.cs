using System.Collections.Immutable;
using Dapper;
using Fleet.Grains.Neighbours;
using Fleet.Store;

namespace Fleet.Alerts.Neighbours;

/// <summary>The book as groups see it: which of their members are at fault.</summary>
internal sealed class GroupFaults(Database database, Members members) : IMembers
{
    private static readonly string[] Kinds = [.. GroupKind.All.Select(kind => kind.Fault).Distinct()];
    private static readonly long LongestWindowMs = GroupKind.All.Max(kind => kind.Limits.WindowMs);

    public int CountOf(string group) => members.CountOf(group);

    public string? SiteOf(string serial) => members.SiteOf(serial);

    public async Task<ImmutableArray<MemberChange>> OpenAsync(string group, CancellationToken stop)
    {
        var kind = GroupKind.Of(group)!;
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<(string Member, string Fault, long RaisedAtMs)>(new CommandDefinition(
            """
            select terminal, fault, raised_at from alerts where terminal = @group and fault = @Fault and state <> 'cleared'
            union all select * from (
              select a.terminal, a.fault, a.raised_at from alert_groups g join alerts a on a.id = g.alert
              where g.subject = @group and a.state <> 'cleared' order by a.raised_at) of_members
            """, new { group, kind.Fault }, cancellationToken: stop));
        return [.. rows.Where(r => r.Member == group || kind.Counts(r.Fault)).Select(r => new MemberChange(r.Member, r.Fault, IsCleared: false, r.RaisedAtMs))];
    }

    /// <summary>The groups that may have something to find: their own fault is raised, or a member's is recent.</summary>
    public async Task<IReadOnlyList<string>> WatchingAsync(long nowMs, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        var rows = await connection.QueryAsync<string>(new CommandDefinition(
            $"""
            select terminal from alerts where state <> 'cleared' and fault {database.Among("@Kinds")}
            union select g.subject from alert_groups g join alerts a on a.id = g.alert where a.raised_at >= @fromMs
            """, new { Kinds, fromMs = nowMs - LongestWindowMs }, cancellationToken: stop));
        return [.. rows.Where(subject => GroupKind.Of(subject) is not null)];
    }
}
