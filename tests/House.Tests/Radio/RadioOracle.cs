using System.Globalization;

namespace Fleet.House_Tests.Radio;

/// <summary>One weak-signal alert that must be: raised, and cleared where it was.</summary>
internal sealed record ExpectedAlert(DateTimeOffset RaisedAt, DateTimeOffset? ClearedAt);

/// <summary>A reading as the file has it.</summary>
internal sealed record Reading(DateTimeOffset At, string Mode, double? Rssi, double? Rsrp, double? Snr);

/// <summary>
/// What weak-signal alerts a recording must give, worked out from the specification alone: naively over arrays, each row
/// looking back at those before it. Shares no code with the product, neither its detector nor its reader of the files.
/// </summary>
internal static class RadioOracle
{
    private enum Zone { Weak, Between, Clear }

    private static readonly TimeSpan s_hold = TimeSpan.FromSeconds(120), s_gap = TimeSpan.FromMinutes(15);

    /// <summary>The readings of a file in its order, the first of them at <paramref name="start"/>.</summary>
    public static Reading[] Read(string path, DateTimeOffset start)
    {
        var lines = File.ReadAllLines(path).Select(line => line.Split(',')).ToArray();
        var header = lines[0].ToList();
        double? Number(string[] row, string column) =>
            row[header.IndexOf(column)] is var text && text == "-" ? null : double.Parse(text, CultureInfo.InvariantCulture);
        DateTimeOffset Time(string[] row) =>
            DateTimeOffset.ParseExact(row[0], "yyyy.MM.dd_HH.mm.ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return [.. lines.Skip(1).Select(row => new Reading(
            start + (Time(row) - Time(lines[1])), row[header.IndexOf("NetworkMode")], Number(row, "RSSI"), Number(row, "RSRP"), Number(row, "SNR")))];
    }

    public static List<ExpectedAlert> WeakSignals(IReadOnlyList<Reading> readings)
    {
        var rows = readings
            .Where((row, i) => !readings.Take(i).Any(before => before.At > row.At))
            .Where(row => Class(row) is not null)
            .Select(row => (row.At, Zone: ZoneOf(row)))
            .ToArray();
        var alerts = new List<ExpectedAlert>();
        var from = 0;
        while (First(rows, from, Zone.Weak, Zone.Clear) is { } raised)
        {
            var cleared = First(rows, raised + 1, Zone.Clear, Zone.Weak);
            alerts.Add(new ExpectedAlert(rows[raised].At, cleared is { } c ? rows[c].At : null));
            if (cleared is null) break;
            from = cleared.Value + 1;
        }
        return alerts;
    }

    /// <summary>The first row from <paramref name="from"/> on that is in the wanted zone and was so for the hold time, as seen by looking back.</summary>
    private static int? First((DateTimeOffset At, Zone Zone)[] rows, int from, Zone wanted, Zone opposite)
    {
        for (var i = from; i < rows.Length; i++)
        {
            if (rows[i].Zone != wanted) continue;
            var begin = i;
            while (begin > from && rows[begin - 1].Zone != opposite && rows[begin].At - rows[begin - 1].At <= s_gap) begin--;
            var since = rows.Skip(begin).First(row => row.Zone == wanted).At;
            if (rows[i].At - since >= s_hold) return i;
        }
        return null;
    }

    private static Zone ZoneOf(Reading row)
    {
        if (Class(row) <= 1) return Zone.Weak;
        var hasMargin = IsLte(row) ? row.Rsrp is null or >= -102 && row.Snr is null or >= 2 : row.Rssi >= -100;
        return hasMargin ? Zone.Clear : Zone.Between;
    }

    /// <summary>4 great, 3 good, 2 moderate, 1 poor, 0 none; null where there is no reading to judge.</summary>
    private static int? Class(Reading row)
    {
        if (!IsLte(row)) return row.Rssi is { } rssi ? Step(rssi, -89, -97, -103, -107) : null;
        var classes = new List<int>();
        if (row.Rsrp is { } rsrp) classes.Add(Step(rsrp, -85, -95, -105, -115));
        if (row.Snr is { } snr) classes.Add(Step(snr, 13, 4.5, 1, -3));
        return classes.Count == 0 ? null : classes.Min();
    }

    private static bool IsLte(Reading row) => row.Mode is "LTE" or "5G";

    private static int Step(double value, double great, double good, double moderate, double poor) =>
        value >= great ? 4 : value >= good ? 3 : value >= moderate ? 2 : value >= poor ? 1 : 0;
}
