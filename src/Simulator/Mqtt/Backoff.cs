namespace Fleet.Simulator.Mqtt;

/// <summary>How long to wait before the next attempt: doubling from a quarter of a second to five, and no two terminals in step.</summary>
internal static class Backoff
{
    private const double FirstSeconds = 0.25, MostSeconds = 5;

    /// <param name="attempt">Failed attempts in a row, from 1.</param>
    public static TimeSpan Delay(int attempt, Random random) =>
        TimeSpan.FromSeconds(Math.Min(MostSeconds, FirstSeconds * Math.Pow(2, attempt - 1)) * (0.5 + random.NextDouble()));
}
