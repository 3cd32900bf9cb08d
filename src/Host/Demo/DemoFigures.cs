using System.Globalization;
using Fleet.Simulator;

namespace Fleet.Host.Demo;

/// <summary>The demo in numbers, counted at both ends, and what is wrong where they do not agree.</summary>
internal sealed record DemoFigures(IReadOnlyList<string> Lines, IReadOnlyList<string> Wrong)
{
    private static readonly string[] s_pages = ["/api/v1/terminals", "/openapi/v1.json", "/health/live", "/metrics"];

    /// <param name="end">How the simulation ended; null while it goes on, when nothing can be counted at both ends.</param>
    public static async Task<DemoFigures> ReadAsync(
        Stage stage, RunningFleet fleet, StoryCheck check, PushReceiver receiver, SimulationProgress? end, SimulatedClock clock, CancellationToken stop)
    {
        var (lines, wrong) = (new List<string>(), new List<string>());
        var applied = 0L;
        foreach (var terminal in stage.Terminals) applied += await fleet.ReportsAsync(terminal.Serial, stop);
        lines.Add(end is null ? Line($"reports   {applied:N0} applied") : Line($"reports   {end.Sent:N0} sent, {end.Acknowledged:N0} acknowledged, {applied:N0} applied"));
        if (end is not null && (end.Acknowledged != end.Sent || applied != end.Sent)) wrong.Add("not every report was acknowledged and applied once");

        var delays = check.Delays(clock).Order().ToList();
        if (delays.Count > 0)
            lines.Add(Line($"pushes    {receiver.Received.Count}, all signed; after the report that gave cause: half within {StoryTable.Text(delays[delays.Count / 2])}, all within {StoryTable.Text(delays[^1])}"));
        if (receiver.Refused > 0) wrong.Add($"{receiver.Refused} pushes were not signed or not to be read");

        if (stage.Influx is { } influx) await ReadHistoryAsync(influx, stage, check, end is null ? null : applied, lines, wrong, stop);
        else lines.Add($"history   {HistoryOf(await fleet.JournalAsync(stop))}");

        foreach (var page in s_pages)
            if (!await fleet.AnswersAsync(page, stop)) wrong.Add($"{page} does not answer");
        return new(lines, wrong);
    }

    public static string HistoryOf(JournalState journal) => journal.IsHistoryWell
        ? $"InfluxDB {(journal.IsHistoryBehind ? "catches up" : "is up to date")}"
        : Line($"InfluxDB is away: {journal.Bytes / 1024:N0} KiB wait for it in the journal");

    private static async Task ReadHistoryAsync(Uri influx, Stage stage, StoryCheck check, long? reports, List<string> lines, List<string> wrong, CancellationToken stop)
    {
        var points = await PointCounts.ReadAsync(influx, stop);
        var total = points.OfTerminals.Values.Sum();
        var (raised, cleared) = (check.Happenings.Count(h => h.RaisedAt is not null), check.Happenings.Count(h => h.ClearedAt is not null));
        lines.Add(Line($"InfluxDB  {total:N0} points of {points.OfTerminals.Count} terminals, {points.AlertsRaised} alerts raised and {points.AlertsCleared} cleared"));
        foreach (var terminal in stage.Terminals)
            if (points.OfTerminals.GetValueOrDefault(terminal.Serial) == 0) wrong.Add($"InfluxDB has no point of {terminal.Serial}");
        if (reports is not null && total != reports) wrong.Add($"InfluxDB has {total} points of {reports} reports");
        if (points.AlertsRaised < raised || points.AlertsCleared < cleared) wrong.Add($"InfluxDB has {points.AlertsRaised} of {raised} alerts raised and {points.AlertsCleared} of {cleared} cleared");
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
