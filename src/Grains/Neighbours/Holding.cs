namespace Fleet.Grains.Neighbours;

/// <summary>What is to be done about telling of a member's fault.</summary>
public enum Telling : byte { Now, Wait, Collapsed }

/// <summary>Whether a member's open fault is told one by one: a pure decision, for the book and for the bench.</summary>
/// <param name="HoldMs">What neighbours get to show the same, before it is told.</param>
/// <param name="GraceMs">What a member gets to come back once the cause has ended.</param>
public sealed record Holding(long HoldMs = 60_000, long GraceMs = 120_000)
{
    /// <param name="raisedAtMs">When the member's fault was raised, Unix ms.</param>
    /// <param name="causeEndedAtMs">When a group fault that covered it ended, Unix ms; 0 for never.</param>
    /// <param name="groups">The member's groups, the narrowest first; none where it has no neighbours.</param>
    /// <returns>And the group that is the cause, where it is collapsed.</returns>
    public (Telling Telling, Group? Cause) Decide(
        string member, long raisedAtMs, long causeEndedAtMs, IReadOnlyList<Group> groups, long nowMs)
    {
        foreach (var group in groups)
            if (group.Covers(member)) return (Telling.Collapsed, group);
        if (groups.Count == 0) return (Telling.Now, null);
        var untilMs = Math.Max(raisedAtMs + HoldMs, causeEndedAtMs == 0 ? 0 : causeEndedAtMs + GraceMs);
        return (nowMs < untilMs ? Telling.Wait : Telling.Now, null);
    }
}
