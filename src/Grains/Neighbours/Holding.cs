namespace Fleet.Grains.Neighbours;

/// <summary>What is to be done about telling of a member's fault.</summary>
public enum Telling : byte { Now, Wait, Collapsed }

/// <summary>Whether a member's open fault is told one by one: a pure decision, for the book and for the bench.</summary>
/// <param name="LongestMs">The longest wait there is; a show that runs faster than life makes it short.</param>
public sealed record Holding(long LongestMs = 60_000)
{
    /// <summary>What a member gets to come back once the cause has ended.</summary>
    public const long GraceMs = 120_000;

    /// <summary>An adapter gets more: mains must have been there for a while before it is believed to be well (<see cref="Faults.AdapterLimits.ClearFor"/>).</summary>
    public const string SlowFault = "adapter-fault";

    public static long SlowGraceMs { get; } = GraceMs + (long)new Faults.AdapterLimits().ClearFor.TotalMilliseconds;

    /// <summary>
    /// What neighbours get to show the same before a fault is told. Silence is noticed at each terminal's own deadline,
    /// which differ by one interval of a minute, and declines are found as customers come; what else is reported comes at
    /// once, or with the next report.
    /// </summary>
    public long HoldMs(string fault) => Math.Min(LongestMs, fault switch
    {
        "offline" or "no-start" or "link-flapping" or "declines" => 60_000,
        _ => 30_000,
    });

    /// <summary>Until when it waits; a fault that is older than its hold when it becomes known (a stored report, say) does not.</summary>
    public long UntilMs(string fault, long raisedAtMs, long nowMs) => Math.Min(raisedAtMs, nowMs) + HoldMs(fault);

    /// <summary>
    /// Until when a fault that outlives its cause waits on: who was silent when the shop closed may have been switched off since,
    /// whatever its cause. Where its evidence knows no hours, or the time for it has come, that is not in the future.
    /// </summary>
    /// <param name="evidence">A number of its evidence; 0 where it has none of that name.</param>
    public static long OpensMs(Func<string, double> evidence, long nowMs) => nowMs >= evidence(Faults.Offline.MayBeOffFrom) ? (long)evidence(Faults.Offline.MayBeOffUntil) : 0;

    /// <param name="raisedAtMs">When the member's fault was raised, Unix ms.</param>
    /// <param name="causeEndedAtMs">When a group fault that covered it ended, Unix ms; 0 for never.</param>
    /// <param name="groups">The member's groups, the narrowest first; none where it has no neighbours.</param>
    /// <returns>And the group that is the cause, where it is collapsed.</returns>
    public (Telling Telling, Group? Cause) Decide(
        string member, string fault, long raisedAtMs, long causeEndedAtMs, IReadOnlyList<Group> groups, long nowMs)
    {
        foreach (var group in groups)
            if (group.Covers(member)) return (Telling.Collapsed, group);
        if (groups.Count == 0) return (Telling.Now, null);
        var untilMs = Math.Max(UntilMs(fault, raisedAtMs, nowMs), causeEndedAtMs == 0 ? 0 : causeEndedAtMs + (fault == SlowFault ? SlowGraceMs : GraceMs));
        return (nowMs < untilMs ? Telling.Wait : Telling.Now, null);
    }
}
