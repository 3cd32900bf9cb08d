namespace Fleet.History;

/// <summary>How long to wait before trying again: doubling, bounded, with jitter so that many writers do not come back together.</summary>
internal readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    // What a server asks for is obeyed up to here: a wrong header must not stop the history for a day.
    public static readonly TimeSpan LongestAskedFor = TimeSpan.FromMinutes(5);

    /// <param name="failures">How often it has failed in a row, at least 1.</param>
    /// <param name="jitter">A random number from 0 to 1: the wait is 50 to 100 % of the step.</param>
    /// <param name="askedFor">What the server asked for (Retry-After): never less than that.</param>
    public TimeSpan After(int failures, double jitter, TimeSpan? askedFor = null)
    {
        var step = Math.Min(First.TotalSeconds * Math.Pow(2, failures - 1), Longest.TotalSeconds);
        var wait = TimeSpan.FromSeconds(step * (0.5 + jitter / 2));
        if (askedFor is not { } asked) return wait;
        if (asked > LongestAskedFor) asked = LongestAskedFor;
        return asked > wait ? asked : wait;
    }
}
