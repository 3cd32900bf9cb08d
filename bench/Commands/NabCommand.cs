using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fleet.Bench.Nab;
using Fleet.Grains.Unusual;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench nab</c>: the detector of unusual readings on the Numenta Anomaly Benchmark, and how often it is wrong where nothing
/// happens. One threshold for all profiles and series; NAB's own runs search the best one for each profile.
/// </summary>
internal sealed class NabCommand(TimeProvider clock)
{
    private const int Seeds = 20;
    private const int StationarySamples = 20_000;
    private static readonly double[] s_thresholds = [UnusualLimits.Benchmark.Threshold, 0.05, 0.1, UnusualLimits.Fleet.Threshold, 0.2];

    private readonly Option<DirectoryInfo> _data = new("--data") { Description = "Folder of the benchmark, with data/ and labels/.", Required = true };
    private readonly Option<DirectoryInfo> _out = new("--out") { Description = "Folder that results/ is written into.", Required = true };

    public Command Create()
    {
        var command = new Command("nab", "The detector of unusual readings on the Numenta Anomaly Benchmark: result files, and the score of the three profiles.") { _data, _out };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        try
        {
            var (began, results) = (clock.GetTimestamp(), new List<NabResults>());
            foreach (var series in NabSeries.ReadAll(arguments.GetRequiredValue(_data)))
            {
                stop.ThrowIfCancellationRequested();
                results.Add(NabResults.Of(series, UnusualLimits.Benchmark));
                results[^1].Write(arguments.GetRequiredValue(_out));
            }
            Print(results, clock.GetElapsedTime(began));
        }
        catch (Exception wrong) when (wrong is InvalidDataException or JsonException)
        {
            await Console.Error.WriteLineAsync($"bench: {wrong.Message}");
            return 2;
        }
        Say($"\nfalse alarms in 10,000 samples where nothing happens ({Seeds} series of {StationarySamples:N0} samples each)");
        Say($"  {"threshold",-30}{string.Concat(s_thresholds.Select(threshold => Invariant($"{threshold,8}")))}");
        foreach (var series in StationarySeries.All)
        {
            var rates = s_thresholds.Select(threshold => FalseAlarms(series, UnusualLimits.Fleet with { Threshold = threshold }));
            Say($"  {series().Name,-30}{string.Concat(rates.Select(rate => Invariant($"{rate,8:F2}")))}");
        }
        return 0;
    }

    private static void Print(List<NabResults> results, TimeSpan elapsed)
    {
        var (rows, windows) = (results.Sum(r => r.Series.Rows.Length), results.Sum(r => r.Series.Windows.Length));
        Say($"{results.Count} series, {rows:N0} rows, {windows} windows in {elapsed.TotalSeconds:F1} s; {UnusualWatch.StateBytes} bytes of state; one threshold of {NabResults.Threshold} for all");
        Say($"  {"category",-24}{"windows",8}{"raw",8}{"false rows",12}");
        foreach (var category in results.GroupBy(r => r.Series.Category))
        {
            var tally = category.Aggregate(default(NabTally), (sum, r) => sum + r.Score(NabProfile.All[0]));
            Say($"  {category.Key,-24}{category.Sum(r => r.Series.Windows.Length),8}{tally.Score,8:F2}{tally.FalsePositives,12}");
        }
        foreach (var profile in NabProfile.All)
        {
            var score = profile.Normalised(results.Sum(r => r.Score(profile).Score), results.Sum(r => r.Null(profile)), windows);
            Say($"{profile.Name,-20} {score:F2}");
        }
    }

    private static double FalseAlarms(Func<StationarySeries> series, UnusualLimits limits)
    {
        var alarms = 0;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var watch = default(UnusualWatch);
            var quiet = series();
            var own = quiet.Limits(limits);
            foreach (var (value, atMs) in quiet.Samples(seed, StationarySamples))
            {
                if (watch.Hear(value, atMs, own) is { IsAlarm: true }) alarms++;
            }
        }
        return alarms * 10_000.0 / (Seeds * StationarySamples);
    }

    private static void Say(FormattableString line) => Console.WriteLine(Invariant(line));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
