using System.Globalization;

namespace Fleet.Simulator.Replay;

/// <summary>One recording of the 5G production dataset (University College Cork), rows in file order.</summary>
public sealed record RadioSession(string Serial, IReadOnlyList<RadioRow> Rows)
{
    public DateTimeOffset First => Rows[0].RecordedAt;

    public TimeSpan Length => Rows.Max(row => row.RecordedAt) - First;

    /// <summary>All sessions under a folder, in the order of their serials, which come from the file names.</summary>
    public static IReadOnlyList<RadioSession> ReadAll(string folder)
    {
        RadioSession[] sessions = [.. Directory.EnumerateFiles(folder, "*.csv", SearchOption.AllDirectories).Select(Read).OrderBy(s => s.Serial, StringComparer.Ordinal)];
        if (sessions.Length == 0) throw new FormatException($"There is no .csv under {folder}.");
        var twice = sessions.GroupBy(session => session.Serial).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? sessions : throw new FormatException($"Two files under {folder} make the serial {twice.Key}.");
    }

    /// <summary>Reads one file, e.g. <c>B_2019.12.03_08.02.05.csv</c>, as the terminal <c>RADIO-2019.12.03_08.02.05</c>.</summary>
    public static RadioSession Read(string path)
    {
        var lines = File.ReadAllLines(path);
        var columns = lines[0].Split(',');
        var rows = lines.Skip(1).Where(line => line.Length > 0).Select((line, i) => Row(columns, line.Split(','), $"{path}, line {i + 2}")).ToArray();
        if (rows.Length == 0) throw new FormatException($"{path} has no rows.");
        var name = Path.GetFileNameWithoutExtension(path);
        return new RadioSession($"RADIO-{name[(name.IndexOf('_', StringComparison.Ordinal) + 1)..]}", rows);
    }

    private static RadioRow Row(string[] columns, string[] values, string where)
    {
        string? Text(string column) => Array.IndexOf(columns, column) is var at and >= 0 && at < values.Length && values[at] is not ("-" or "") ? values[at] : null;
        double? Number(string column) => Text(column) is not { } text ? null
            : double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
            : throw new FormatException($"{where}: {column} is '{text}'.");

        // The recorder's local time has no zone; it is taken as UTC.
        if (!DateTimeOffset.TryParseExact(Text("Timestamp"), "yyyy.MM.dd_HH.mm.ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            throw new FormatException($"{where}: Timestamp is '{Text("Timestamp")}'.");
        return new RadioRow(at, RatOf(Text("NetworkMode")), Number("RSSI"), Number("RSRP"),
            Number("RSRQ"), Number("SNR"), Text("CellID") ?? Text("CELLHEX"), Text("Operatorname"));
    }

    private static string? RatOf(string? networkMode) => networkMode switch
    {
        "5G" or "NR" => "nr",
        "LTE" or "LTE+" or "LTE-A" => "lte",
        "UMTS" or "HSPA" or "HSPA+" or "HSDPA" or "HSUPA" => "umts",
        "GSM" or "GPRS" or "EDGE" => "gsm",
        _ => null,
    };
}
