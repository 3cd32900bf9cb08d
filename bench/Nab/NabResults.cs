using System.Globalization;
using Fleet.Grains.Unusual;

namespace Fleet.Bench.Nab;

/// <summary>What the detector says of every row of a series, and NAB's result file of it.</summary>
internal sealed class NabResults(NabSeries series, double[] scores)
{
    /// <summary>The detector's name in the result files: without an underscore, for NAB cuts there.</summary>
    public const string Detector = "fleet";

    /// <summary>What NAB's own optimizer would choose for each profile is one number for all here.</summary>
    public const double Threshold = UnusualVerdict.AlarmScore;

    public NabSeries Series => series;

    /// <summary>Row after row, as it would have been live: each row is judged by those before it and its own time.</summary>
    public static NabResults Of(NabSeries series, UnusualLimits limits)
    {
        var (watch, scores) = (default(UnusualWatch), new double[series.Rows.Length]);
        for (var row = 0; row < scores.Length; row++)
        {
            var atMs = new DateTimeOffset(series.Rows[row].At).ToUnixTimeMilliseconds();
            scores[row] = watch.Hear(series.Rows[row].Value, atMs, limits)?.Score ?? 0;
        }
        return new(series, scores);
    }

    public NabTally Score(NabProfile profile) => NabScorer.Score(scores, series.Windows.AsSpan(), profile, Threshold);

    /// <summary>The raw score of a detector that never says anything.</summary>
    public double Null(NabProfile profile) => NabScorer.Score(new double[scores.Length], series.Windows.AsSpan(), profile, Threshold).Score;

    /// <summary>Writes <c>results/DETECTOR/CATEGORY/DETECTOR_FILE.csv</c> under the folder.</summary>
    public void Write(DirectoryInfo folder)
    {
        var category = folder.CreateSubdirectory(Path.Combine("results", Detector, series.Category));
        File.WriteAllLines(
            Path.Combine(category.FullName, $"{Detector}_{series.File}"),
            series.Rows.Select((row, i) => string.Create(CultureInfo.InvariantCulture, $"{row.Time},{row.Text},{scores[i]}")).Prepend("timestamp,value,anomaly_score"));
    }
}
