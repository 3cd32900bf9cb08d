using Fleet.Bench.Nab;
using Fleet.Grains.Unusual;

namespace Fleet.Grains_Tests.Unusual;

/// <summary>
/// The benchmark's scoring, by hand: 400 rows, of which the first 60 are the probation, and a window of the 20 rows from 100 to
/// 119. The sigmoid is 2/(1 + e^5x) − 1.
/// </summary>
public sealed class NabScorerTests
{
    private static readonly NabProfile s_standard = NabProfile.All[0];
    private static readonly NabWindow[] s_window = [new(100, 119)];

    [Theory]
    [InlineData(100, 1)] // the first row of the window: 0.986614 / 0.986614
    [InlineData(110, 0.859793)] // 10 of 20 rows are left: sigmoid(−0.5) = 0.848284
    [InlineData(119, 0.126040)] // 1 of 20: sigmoid(−0.05) = 0.124353
    [InlineData(99, -1.11)] // a false alarm with no window before it, and the window missed
    [InlineData(120, -1.014391)] // 1/19 of a window behind it: 0.11 · sigmoid(0.052632) = −0.014391
    [InlineData(138, -1.108528)] // 19/19 behind it: 0.11 · −0.986614
    [InlineData(300, -1.11)] // more than three windows behind it
    [InlineData(59, -1)] // in the probation: as if nothing were said
    [InlineData(60, -1.11)]
    public void An_alarm_counts_by_where_it_is(int row, double score) => Assert.Equal(score, Scored(s_standard, row).Score, 6);

    [Fact]
    public void Only_the_first_alarm_of_a_window_counts() =>
        Assert.Equal(new NabTally(Scored(s_standard, 110).Score, 3, 0, 17, 320), Scored(s_standard, 110, 111, 119));

    [Fact]
    public void Every_alarm_outside_counts() => Assert.Equal(Scored(s_standard, 110).Score - 0.22, Scored(s_standard, 70, 71, 110).Score, 9);

    [Fact]
    public void An_alarm_is_a_score_that_reaches_the_threshold()
    {
        var scores = new double[400];
        scores[100] = 0.5;
        Assert.Equal(1, NabScorer.Score(scores, s_window, s_standard, 0.5).TruePositives);
        Assert.Equal(0, NabScorer.Score(scores, s_window, s_standard, 0.500001).TruePositives);
    }

    [Fact]
    public void Profiles_weigh_false_alarms_and_misses()
    {
        Assert.Equal([-1.11, -1.22, -2.11], NabProfile.All.Select(profile => Math.Round(Scored(profile, 70).Score, 9)));
        Assert.Equal([1 - 0.11, 1 - 0.22, 1 - 0.11], NabProfile.All.Select(profile => Math.Round(Scored(profile, 70, 100).Score, 9)));
    }

    [Fact]
    public void What_of_a_window_is_in_the_probation_is_not_judged()
    {
        Assert.Equal(default, NabScorer.Score(new double[100], [new(5, 14)], s_standard, 0.5) with { TrueNegatives = 0 });
        Assert.Equal(new NabTally(-1, 0, 0, 5, 80), NabScorer.Score(new double[100], [new(10, 19)], s_standard, 0.5));
    }

    [Theory]
    [InlineData(1127, 169)]
    [InlineData(4032, 604)]
    [InlineData(5000, 750)]
    [InlineData(22695, 750)]
    public void The_probation_is_a_share_of_the_rows_and_at_most_that_of_5000(int rows, int probation) => Assert.Equal(probation, NabScorer.Probation(rows));

    [Fact]
    public void A_published_result_is_counted_as_it_was_published()
    {
        // results/ARTime/ARTime_standard_scores.csv of numenta/NAB, iio_us-east-1_i-a2eb1cd9_NetworkIn.csv:
        // score −2.33; 0 true and 3 false positives, 126 false and 928 true negatives of 1057 rows after the probation.
        var scores = new double[1243];
        scores[190] = scores[195] = scores[200] = 1;
        var tally = NabScorer.Score(scores, [new(218, 280), new(308, 370)], s_standard, 0.5);
        Assert.Equal(new NabTally(-2.33, 0, 3, 126, 928), tally with { Score = Math.Round(tally.Score, 9) });
    }

    [Fact]
    public void Published_sums_are_normalised_as_they_were_published()
    {
        // config/thresholds.json of numenta/NAB, ARTime and contextOSE; results of null are −116 and −232.
        Assert.Equal(74.9, s_standard.Normalised(57.66075157860638, -116, 116), 1);
        Assert.Equal(69.9, s_standard.Normalised(46.167000006791156, -116, 116), 1);
        Assert.Equal(73.2, NabProfile.All[2].Normalised(22.67222031445549, -232, 116), 1);
        Assert.Equal(100, s_standard.Normalised(116, -116, 116));
    }

    [Fact]
    public void Result_files_lie_and_look_as_the_benchmark_wants_them()
    {
        var folder = Directory.CreateTempSubdirectory("nab");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "labels"));
            Directory.CreateDirectory(Path.Combine(folder.FullName, "data", "realTweets"));
            File.WriteAllText(Path.Combine(folder.FullName, "labels", "combined_windows.json"), """{"realTweets/a_b.csv": [["2015-02-26 21:47:53.000000", "2015-02-26 21:52:53.000000"]]}""");
            File.WriteAllLines(Path.Combine(folder.FullName, "data", "realTweets", "a_b.csv"), ["timestamp,value", "2015-02-26 21:42:53,104", "2015-02-26 21:47:53,20.0", "2015-02-26 21:52:53,3"]);

            var series = Assert.Single(NabSeries.ReadAll(folder));
            Assert.Equal([new NabWindow(1, 2)], series.Windows);
            NabResults.Of(series, UnusualLimits.Benchmark).Write(folder);

            Assert.Equal(
                ["timestamp,value,anomaly_score", "2015-02-26 21:42:53,104,0", "2015-02-26 21:47:53,20.0,0", "2015-02-26 21:52:53,3,0"],
                File.ReadAllLines(Path.Combine(folder.FullName, "results", "fleet", "realTweets", "fleet_a_b.csv")));

            File.AppendAllText(Path.Combine(folder.FullName, "data", "realTweets", "a_b.csv"), "2015-02-26 21:57:53,many\n");
            Assert.Contains("row 4", Assert.Throws<InvalidDataException>(() => NabSeries.ReadAll(folder).ToList()).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        Assert.Contains(folder.FullName, Assert.Throws<InvalidDataException>(() => NabSeries.ReadAll(folder)).Message, StringComparison.Ordinal);
    }

    private static NabTally Scored(NabProfile profile, params int[] alarms)
    {
        var scores = new double[400];
        foreach (var row in alarms) scores[row] = 1;
        return NabScorer.Score(scores, s_window, profile, 0.5);
    }
}
