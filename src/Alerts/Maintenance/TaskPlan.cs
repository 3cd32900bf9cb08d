namespace Fleet.Alerts.Maintenance;

/// <summary>The work that a fault asks for, with a date: <c>task</c> of a row of the catalogue.</summary>
/// <param name="Name">What is to be done, in kebab-case; a terminal has one open task of a name, whichever fault asked for it.</param>
/// <param name="DueAfter">How long it may wait.</param>
/// <param name="Times">How often the fault must have been raised within <paramref name="Within"/>; 1 for at once.</param>
/// <param name="Within">Over how long its alerts are counted; none: only the newest.</param>
/// <param name="SameHours">Whether only alerts at about the same time of the day count.</param>
public sealed record TaskPlan(string Name, TimeSpan DueAfter, int Times = 1, TimeSpan? Within = null, bool SameHours = false)
{
    private const double HourMs = 3_600_000;
    private const double SameHoursApart = 1.5;

    /// <summary>Whether these alerts, the newest among them, are as many as it takes.</summary>
    /// <param name="raisedAtMs">When alerts of the fault were raised within the plan's time, Unix ms.</param>
    internal bool IsCalledFor(IEnumerable<long> raisedAtMs, long newestMs) =>
        raisedAtMs.Count(atMs => !SameHours || HoursApart(atMs, newestMs) <= SameHoursApart) >= Times;

    /// <summary>By the clock on the wall: 23:30 and 0:30 are one hour apart.</summary>
    private static double HoursApart(long atMs, long otherMs)
    {
        var apart = Math.Abs(atMs - otherMs) / HourMs % 24;
        return Math.Min(apart, 24 - apart);
    }
}
