using System.Globalization;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Scale;

/// <summary>A histogram in seconds as /metrics shows it; its buckets tell only between which bounds the highest value lies.</summary>
/// <param name="Highest">Upper bound of the highest bucket that has a value; infinite past the last bound, 0 for none.</param>
internal sealed record HistogramSeen(long Count, double Mean, double Highest)
{
    public string AtMost => Count == 0 ? "never" : double.IsInfinity(Highest) ? "for longer than the last bucket" : $"for at most {Highest * 1000:0.##} ms";

    public static async Task<HistogramSeen> OfAsync(FleetServer server, string name, CancellationToken stop)
    {
        var (count, sum) = (await server.MetricAsync($"{name}_count", stop), await server.MetricAsync($"{name}_sum", stop));
        var (highest, below) = (0d, 0d);
        foreach (var line in await server.MetricsAsync($"{name}_bucket", stop)) // cumulative, in order
        {
            var bound = line.Split("le=\"")[1].Split('"')[0];
            var within = double.Parse(line.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
            if (within > below) (highest, below) = (bound == "+Inf" ? double.PositiveInfinity : double.Parse(bound, CultureInfo.InvariantCulture), within);
        }
        return new((long)count, count == 0 ? 0 : sum / count, highest);
    }
}
