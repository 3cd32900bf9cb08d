using System.Globalization;
using Fleet.Alerts.Dispatch;
using Fleet.Simulator;

namespace Fleet.Host.Demo;

/// <summary>A checked story for people: what happened to whom, what stayed quiet, and what is wrong.</summary>
internal static class StoryTable
{
    private static readonly string[] s_header = ["TERMINAL", "FAULT", "RAISED AFTER", "WHO WAS TOLD, HOW SOON", "TICKET", "CLEARED AFTER"];

    public static void Write(TextWriter to, StoryCheck check, IReadOnlyList<TicketView> tickets, SimulatedClock clock, int terminals)
    {
        to.WriteLine("What happened to whom (times on the terminals' clocks, after the trouble began and ended; offline and pushes in real time)");
        WriteColumns(to, [s_header, .. check.Happenings.Where(h => h.Truth.MustAlarm).Select(h => Row(h, tickets, clock))]);
        to.WriteLine();
        to.WriteLine("What stayed quiet");
        WriteColumns(to, [.. check.Happenings.Where(h => !h.Truth.MustAlarm)
            .Select(h => new[] { h.Truth.Serial, h.Wrong.IsEmpty ? $"no {h.Truth.Fault}" : $"{h.Truth.Fault}!", h.Truth.What })]);
        var others = terminals - check.Happenings.Select(h => h.Truth.Serial).Distinct().Count();
        to.WriteLine(check.Unexpected.IsEmpty ? $"  {others} other terminals: nothing" : $"  {others} other terminals: see below");
        foreach (var happening in check.Happenings)
            foreach (var wrong in happening.Wrong) to.WriteLine($"WRONG: {happening.Truth.Serial}, {happening.Truth.Fault}: {wrong}");
        foreach (var alert in check.Unexpected) to.WriteLine($"WRONG: {alert.Subject}, {alert.Fault}: nothing gives cause for it, raised at {alert.RaisedAt}");
    }

    /// <summary>E.g. <c>30 ms</c>, <c>1.3 s</c>, <c>32 s</c>, <c>2 min 10 s</c>, <c>1 h 20 min</c>.</summary>
    public static string Text(TimeSpan time)
    {
        var rounded = TimeSpan.FromSeconds((long)Math.Round(time.TotalSeconds));
        return time switch
        {
            _ when time < TimeSpan.FromSeconds(1) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
            _ when time < TimeSpan.FromSeconds(10) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
            _ when rounded < TimeSpan.FromMinutes(1) => $"{rounded.Seconds} s",
            _ when rounded < TimeSpan.FromHours(1) => $"{rounded.Minutes} min {rounded.Seconds} s",
            _ => $"{(int)rounded.TotalHours} h {rounded.Minutes} min",
        };
    }

    private static string[] Row(Happening h, IReadOnlyList<TicketView> tickets, SimulatedClock clock) =>
    [
        h.Truth.Serial, h.Truth.Fault,
        After(h.Truth.From, h.RaisedAt) ?? "never",
        h.RaisedPush is { } push ? $"{push.Merchant}, {Text(push.ArrivedAt - (h.Truth.IsArrivalTime ? h.RaisedAt!.Value : clock.RealAt(h.RaisedAt!.Value)))}" : "nobody",
        h.Alert?.Ticket is { } id ? tickets.FirstOrDefault(ticket => ticket.Id == id) is { } ticket ? $"opened, now {ticket.State}" : "lost" : "none",
        h.Truth.GivesWayTo is { } worse ? h.ClearedAt is null ? "never" : $"by {worse}" : After(h.Truth.To, h.ClearedAt) ?? "never",
    ];

    private static string? After(DateTimeOffset from, DateTimeOffset? at) => at is null ? null : Text(at.Value - from);

    private static void WriteColumns(TextWriter to, string[][] rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows) to.WriteLine($"  {string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()}");
    }
}
