namespace Fleet.Alerts.Notify;

/// <summary>
/// When to try again: exponential with "equal jitter" (half fixed, half random), so that what failed together does not
/// come back together.
/// </summary>
internal readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <param name="attempts">How many attempts have failed, from 1.</param>
    /// <param name="random">From 0 up to 1.</param>
    public TimeSpan After(long attempts, double random)
    {
        var doublings = Math.Clamp(attempts - 1, 0, 40);
        var whole = Math.Min(First.TotalMilliseconds * Math.Pow(2, doublings), Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(whole * (0.5 + random / 2));
    }
}
