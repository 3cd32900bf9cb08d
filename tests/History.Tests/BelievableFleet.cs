using Fleet.Grains.Reports;
using Fleet.Store;
using Fleet.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.History.Tests;

/// <summary>Twenty terminals of three merchants over two hours, written the way everything is written: something for every panel to show.</summary>
internal static class BelievableFleet
{
    public const int Minutes = 120;
    public const string Watched = "T07";
    private const long MinuteMs = 60_000;
    private static readonly long s_beginMs = Some.AtMs - Minutes * MinuteMs;

    public static async Task WriteAsync(InfluxServer influx, string database)
    {
        var serials = Enumerable.Range(1, 20).Select(n => $"T{n:00}").ToArray();
        var terminals = serials.Select((serial, i) => new RegisteredTerminal(serial, $"Merchant {i % 3}", $"S-{i / 2}", i % 2 == 0 ? "A920" : "P2 lite", i % 4 == 0 ? "46001" : "46000"));
        await using var room = await Room.StartAsync(influx.Url, terminals, _ => { }, $"Database={database}");

        var random = new Random(7);
        var accepted = new List<Task>();
        for (var minute = 0; minute <= Minutes; minute++)
        {
            Assert.True(room.History.TryTake([.. serials.Select((serial, i) => Report(serial, i, minute, random))], out var row));
            accepted.Add(row);
        }
        await Task.WhenAll(accepted).Soon();
        await WriteAlertsAsync(room.History);
        await WriteFiguresAsync(room.History);
    }

    private static Report Report(string serial, int index, int minute, Random random)
    {
        long at = s_beginMs + minute * MinuteMs, sales = minute * 2 + index;
        var paper = Math.Max(0, 0.9 - index * 0.05 - minute * 0.001);
        return Some.Bare(serial, at, minute)
            .With(r => r.Heartbeat, new Heartbeat().With(h => h.UptimeSeconds, 3600 + minute * 60).With(h => h.IntervalSeconds, 60))
            .With(r => r.Printer, new Printer().With(p => p.State, paper == 0 ? PrinterState.PaperOut : PrinterState.Ok)
                .With(p => p.Paper, paper).With(p => p.Lines, sales * 30).With(p => p.HeadCelsius, 35 + random.Next(10)))
            .With(r => r.Signal, new Signal().With(s => s.Link, Link.Cellular).With(s => s.Rat, Rat.Lte)
                .With(s => s.RsrpDbm, -80 - index * 2 - random.Next(8)).With(s => s.SnrDb, 15 - index + random.Next(40) / 10.0))
            .With(r => r.Reader, new CardReader().With(c => c.Swipe, Reads(sales)).With(c => c.Chip, Reads(sales * 2)).With(c => c.Tap, Reads(sales * 3)))
            .With(r => r.Payment, new Payment().With(p => p.Approved, sales).With(p => p.Receipts, sales).With(p => p.Unsent, 0))
            .With(r => r.Power, new Power().With(p => p.Source, PowerSource.Mains).With(p => p.Battery, 1 - minute * 0.002).With(p => p.Volts, 3.9))
            .With(r => r.System, new SystemHealth().With(s => s.MemoryFreeBytes, 120_000_000 - minute * 1000).With(s => s.StorageFreeBytes, 900_000_000)
                .With(s => s.Reboots, minute / 60).With(s => s.Crashes, minute / 50).With(s => s.Firmware, "1.4.2"));
    }

    private static Reads Reads(long sales) =>
        new Reads().With(r => r.Ok, sales).With(r => r.Failed, sales / 10).With(r => r.Unreadable, sales / 20).With(r => r.Cards, sales / 12);

    private static async Task WriteAlertsAsync(HistoryWriter history)
    {
        var weak = new AlertPoint { Id = "a1", Fault = "weak-signal", Severity = "minor", Change = AlertChange.Raised, AtMs = s_beginMs + 20 * MinuteMs, Serial = Watched, Site = "S-3", Merchant = "Merchant 0" };
        var paper = weak with { Id = "a2", Fault = "paper-out", Serial = "T20", Site = "S-9", Merchant = "Merchant 1", Severity = "major", AtMs = s_beginMs + 30 * MinuteMs };
        AlertPoint[] changes =
        [
            weak, weak with { Change = AlertChange.Cleared, AtMs = weak.AtMs + 10 * MinuteMs },
            weak with { Id = "a3", AtMs = weak.AtMs + 40 * MinuteMs },
            paper, paper with { Change = AlertChange.Acknowledged, AtMs = paper.AtMs + MinuteMs },
        ];
        await Task.WhenAll(changes.Select(change => history.WriteAlertAsync(change, TestContext.Current.CancellationToken))).Soon();
    }

    private static async Task WriteFiguresAsync(HistoryWriter history)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(s_beginMs));
        long messages = 0;
        using var figures = new PipelineFigures(history, [new("messages", () => messages += 20), new("journal_bytes", () => 1 << 20), new("alerts_open", () => 2)],
            Options.Create(new InfluxOptions { Node = "n1" }), time, NullLogger<PipelineFigures>.Instance);
        for (var minute = 0; minute < Minutes; minute++, time.Advance(TimeSpan.FromMinutes(1))) figures.Write();
        await Waiting.UntilAsync(() => history.QueueBytes == 0);
    }
}
