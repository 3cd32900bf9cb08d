namespace Fleet.Simulator.Terminals;

/// <summary>Draws that <see cref="Random"/> lacks.</summary>
internal static class Chance
{
    public static bool NextChance(this Random random, double probability) => random.NextDouble() < probability;

    /// <summary>Standard normal, by Box and Muller.</summary>
    public static double NextGaussian(this Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Until the next event of a Poisson process.</summary>
    public static TimeSpan NextGap(this Random random, double perHour) => TimeSpan.FromHours(-Math.Log(1 - random.NextDouble()) / perHour);
}
