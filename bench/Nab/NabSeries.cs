using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Fleet.Bench.Nab;

/// <summary>One series of the benchmark with its windows; texts are kept as the file has them.</summary>
/// <param name="Category">The folder, e.g. <c>realTweets</c>.</param>
/// <param name="File">The file in it, e.g. <c>Twitter_volume_AAPL.csv</c>.</param>
internal sealed record NabSeries(string Category, string File, ImmutableArray<NabRow> Rows, ImmutableArray<NabWindow> Windows)
{
    private static readonly string[] s_times = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.ffffff"];

    /// <summary>Every series that has an entry in <c>labels/combined_windows.json</c>, in the order of their names.</summary>
    /// <exception cref="InvalidDataException">The folder is not the benchmark's; the message says what is missing.</exception>
    public static IEnumerable<NabSeries> ReadAll(DirectoryInfo folder)
    {
        var labels = Path.Combine(folder.FullName, "labels", "combined_windows.json");
        if (!folder.Exists) throw new InvalidDataException($"{folder.FullName} is not there: the Numenta Anomaly Benchmark's data and labels are expected in it.");
        if (!System.IO.File.Exists(labels)) throw new InvalidDataException($"{labels} is not there.");
        var windows = JsonSerializer.Deserialize<Dictionary<string, string[][]>>(System.IO.File.ReadAllText(labels))
            ?? throw new InvalidDataException($"{labels} is empty.");
        return windows.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => Read(folder, entry.Key, entry.Value));
    }

    private static NabSeries Read(DirectoryInfo folder, string name, string[][] windows)
    {
        var path = Path.Combine(folder.FullName, "data", name);
        if (!System.IO.File.Exists(path)) throw new InvalidDataException($"{path} is not there, and has labels.");
        var rows = System.IO.File.ReadLines(path).Skip(1).Where(line => line.Length > 0).Select((line, i) => NabRow.Parse(line) ?? throw new InvalidDataException($"{path}: row {i + 1} is not a time and a number.")).ToImmutableArray();
        int Row(string time)
        {
            var at = ParseTime(time);
            for (var row = 0; row < rows.Length; row++) if (rows[row].At == at) return row;
            throw new InvalidDataException($"{path} has no row at {time}, where a window of the labels begins or ends.");
        }
        return new(Path.GetDirectoryName(name)!, Path.GetFileName(name), rows, [.. windows.Select(window => new NabWindow(Row(window[0]), Row(window[1])))]);
    }

    internal static DateTime? ParseTime(ReadOnlySpan<char> text) =>
        DateTime.TryParseExact(text, s_times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
}

/// <summary>One row of a series.</summary>
internal readonly record struct NabRow(string Time, string Text, DateTime At, double Value)
{
    public static NabRow? Parse(string line) =>
        line.Split(',') is [var time, var text] && NabSeries.ParseTime(time) is { } at && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? new(time, text, at, value) : null;
}
