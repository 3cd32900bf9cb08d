using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;
using Fleet.History;
using Fleet.Host.Replay;
using Fleet.Store;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet replay</c>: what a rule or a changed threshold would have raised over stored reports, beside what the shipped ones would have.</summary>
internal static class ReplayVerb
{
    private static readonly Option<Uri> s_influx = new("--influx") { Description = "InfluxDB's address.", DefaultValueFactory = _ => new("http://127.0.0.1:8086") };
    private static readonly Option<string> s_database = new("--database") { Description = "Its database.", DefaultValueFactory = _ => "fleet" };
    private static readonly Option<string> s_user = new("--user") { Description = "Its user.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> s_token = new("--token") { Description = "That user's password.", DefaultValueFactory = _ => "" };
    private static readonly Option<FileInfo?> s_file = new("--file") { Description = "Reports from a file instead: a line each, docs/wire.md's JSON with \"serial\" and \"at\" (Unix ms) in it." };
    private static readonly Option<string[]> s_terminals = new("--terminal") { Description = "Only this terminal; may be given several times." };
    private static readonly Option<DateTimeOffset?> s_from = new("--from") { Description = "Only reports from then on, e.g. 2026-11-01." };
    private static readonly Option<DateTimeOffset?> s_to = new("--to") { Description = "Only reports before then." };
    private static readonly Option<DateTimeOffset?> s_until = new("--until") { Description = "Let time pass up to then after a terminal's last report; if not given, as long as its silence is no fault." };
    private static readonly Option<bool> s_quiet = new("--totals") { Description = "Only the totals, not each finding." };

    public static Command Create() =>
        new Command("replay", "Show what rules and thresholds (--Rules:Path=…, --Faults:…=…) would have raised over stored reports. Changes nothing.")
        {
            s_influx, s_database, s_user, s_token, s_file, s_terminals, s_from, s_to, s_until, s_quiet,
        }.OnStore(async (parsed, store, stop) =>
        {
            using var configuration = new ConfigurationManager();
            Settings.Read(configuration, parsed.UnmatchedTokens);
            var limits = Settings.Faults(configuration);
            var rules = configuration["Rules:Path"] is { Length: > 0 } path ? RuleFile.Load(path) : RuleSet.None;
            var registry = new Registry(store);
            await registry.ReloadAsync(stop);
            var totals = new ReplayTotals();
            await foreach (var (serial, reports) in ReportsAsync(parsed, stop))
            {
                var profile = new RegistryProfiles(registry).Find(serial);
                Rerun asked = new(serial, profile, limits, rules), shipped = new(serial, profile, FaultLimits.Default, RuleSet.None);
                await foreach (var (atMs, payload) in reports)
                {
                    asked.Hear(payload, atMs);
                    shipped.Hear(payload, atMs);
                    totals.Reports++;
                }
                asked.End(parsed.GetValue(s_until)?.ToUnixTimeMilliseconds());
                shipped.End(parsed.GetValue(s_until)?.ToUnixTimeMilliseconds());
                totals.Add(asked, shipped);
                if (parsed.GetValue(s_quiet)) continue;
                foreach (var finding in asked.Findings) Console.WriteLine(ReplayTotals.Line(finding));
            }
            totals.Write(Console.Out);
            return 0;
        });

    private static async IAsyncEnumerable<(string Serial, IAsyncEnumerable<(long, byte[])> Reports)> ReportsAsync(
        ParseResult parsed, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var only = parsed.GetValue(s_terminals) ?? [];
        var fromMs = parsed.GetValue(s_from)?.ToUnixTimeMilliseconds() ?? 0;
        var toMs = parsed.GetValue(s_to)?.ToUnixTimeMilliseconds() ?? DateTimeOffset.MaxValue.AddYears(-7800).ToUnixTimeMilliseconds(); // InfluxDB's times end in 2262
        if (parsed.GetValue(s_file) is { } file)
        {
            var lines = (await File.ReadAllLinesAsync(file.FullName, stop)).Select((line, i) => (line, number: i + 1)).Where(l => l.line.Trim().Length > 0).Select(l => Line(l.line, l.number));
            foreach (var terminal in lines.Where(l => (only.Length == 0 || only.Contains(l.Serial)) && l.AtMs >= fromMs && l.AtMs < toMs).GroupBy(l => l.Serial).OrderBy(g => g.Key, StringComparer.Ordinal))
                yield return (terminal.Key, terminal.OrderBy(l => l.AtMs).Select(l => (l.AtMs, l.Payload)).ToAsyncEnumerable());
            yield break;
        }
        using var stored = new StoredReports(parsed.GetValue(s_influx)!, parsed.GetValue(s_database)!, parsed.GetValue(s_user)!, parsed.GetValue(s_token)!);
        foreach (var serial in only.Length > 0 ? only : await stored.SerialsAsync(stop))
            yield return (serial, stored.ReadAsync(serial, fromMs, toMs, stop));
    }

    private static (string Serial, long AtMs, byte[] Payload) Line(string line, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return (json.RootElement.GetProperty("serial").GetString()!, json.RootElement.GetProperty("at").GetInt64(), System.Text.Encoding.UTF8.GetBytes(line));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new FormatException($"line {number} is no report with serial and at (Unix ms): {e.Message}");
        }
    }
}
