namespace Fleet.Bench.Nab;

/// <summary>Rows of a series in which an alarm is right, from the first to the last, both included.</summary>
internal readonly record struct NabWindow(int First, int Last)
{
    public int Rows => Last - First + 1;
}

/// <summary>What a threshold made of a series: NAB's raw score, and every row after the probation by what it was.</summary>
internal readonly record struct NabTally(double Score, int TruePositives, int FalsePositives, int FalseNegatives, int TrueNegatives)
{
    public static NabTally operator +(NabTally a, NabTally b) => new(
        a.Score + b.Score, a.TruePositives + b.TruePositives, a.FalsePositives + b.FalsePositives, a.FalseNegatives + b.FalseNegatives, a.TrueNegatives + b.TrueNegatives);
}

/// <summary>
/// The score of one series, as <c>nab/sweeper.py</c> of numenta/NAB counts it (Lavin and Ahmad, "Evaluating Real-time
/// Anomaly Detection Algorithms", ICMLA 2015): an alarm in a window counts once, the more the earlier; a window without
/// one is a loss; every alarm outside is a loss, a small one just behind a window.
/// </summary>
internal static class NabScorer
{
    private const double ProbationShare = 0.15;
    private const double MostProbationRows = ProbationShare * 5000;

    /// <summary>Rows at the beginning that are not judged.</summary>
    public static int Probation(int rows) => (int)Math.Min(Math.Floor(ProbationShare * rows), MostProbationRows);

    /// <summary>From 0.987 at a window's beginning (−1) over 0 at its end (0) to −1 three of its lengths behind it.</summary>
    public static double Sigmoid(double position) => position > 3 ? -1 : (2 / (1 + Math.Exp(5 * position))) - 1;

    /// <param name="scores">One for each row, 0 to 1; an alarm is one that reaches the threshold.</param>
    /// <param name="windows">In the order of their rows, without overlap.</param>
    public static NabTally Score(ReadOnlySpan<double> scores, ReadOnlySpan<NabWindow> windows, NabProfile profile, double threshold)
    {
        var (tally, probation, outside, behind) = (default(NabTally), Probation(scores.Length), 0, (NabWindow?)null);
        foreach (var window in windows)
        {
            tally += Outside(scores, Math.Max(outside, probation), window.First, behind, profile, threshold);
            tally += Inside(scores, Math.Max(window.First, probation), window, profile, threshold);
            (outside, behind) = (window.Last + 1, window);
        }
        return tally + Outside(scores, Math.Max(outside, probation), scores.Length, behind, profile, threshold);
    }

    private static NabTally Inside(ReadOnlySpan<double> scores, int from, NabWindow window, NabProfile profile, double threshold)
    {
        if (from > window.Last) return default; // all of it is in the probation: not judged
        var (found, first) = (0, -1);
        for (var row = from; row <= window.Last; row++)
        {
            if (scores[row] < threshold) continue;
            found++;
            if (first < 0) first = row;
        }
        var score = first < 0 ? -profile.FalseNegative : profile.TruePositive * Sigmoid(-(window.Last - first + 1) / (double)window.Rows) / Sigmoid(-1);
        return new(score, found, 0, window.Last - from + 1 - found, 0);
    }

    private static NabTally Outside(ReadOnlySpan<double> scores, int from, int to, NabWindow? behind, NabProfile profile, double threshold)
    {
        var (score, wrong) = (0.0, 0);
        for (var row = from; row < to; row++)
        {
            if (scores[row] < threshold) continue;
            wrong++;
            score += profile.FalsePositive * (behind is { } window ? Sigmoid((row - window.Last) / (double)(window.Rows - 1)) : -1);
        }
        return new(score, 0, wrong, 0, Math.Max(0, to - from) - wrong);
    }
}
