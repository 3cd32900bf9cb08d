using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Terminals;

public sealed class TerminalLaws
{
    private static readonly Gen<double?> Dbm = Gen.Double[-125, -60].Nullable();

    private static readonly Gen<Action<Report>> Content = Gen.OneOf(
        Gen.Select(Dbm, Gen.Double[-5, 20].Nullable(), (rsrp, snr) => Some.Lte(rsrp, snr)),
        Gen.Select(Gen.Long[0, 60], Gen.Long[0, 60], Gen.Long[0, 30].Nullable(), (ok, failed, cards) => Some.Swipes(ok, failed, cards)),
        Gen.Select(Gen.Double[0, 1].Nullable(), Gen.Long[0, 500], Gen.Enum<PrinterState>(), (paper, receipts, state) => Some.Paper(paper, receipts, state)),
        Gen.Select(Gen.Enum<Link>(), Gen.Enum<SimState>(), Dbm, (link, sim, rsrp) => new Action<Report>(report => report.Signal = new() { Link = link, Sim = sim, RsrpDbm = rsrp })),
        Gen.Select(Gen.Enum<PowerSource>(), Gen.Double[0, 1].Nullable(), Gen.Double[3, 4].Nullable(), (source, battery, volts) => new Action<Report>(report => report.Power = new() { Source = source, Battery = battery, Volts = volts })),
        Gen.Select(Gen.Long[0, 50].Nullable(), Gen.Long[0, 50].Nullable(), Gen.Long[0, 3000].Nullable(), (reboots, crashes, uptime) => new Action<Report>(report =>
            (report.System, report.Heartbeat) = (new() { Reboots = reboots, Crashes = crashes, MemoryFreeBytes = crashes * 5_000_000, StorageFreeBytes = reboots * 10_000_000 }, new() { UptimeSeconds = uptime }))),
        Gen.Select(Gen.Long[0, 60], Gen.Long[0, 60], Gen.Long[0, 30].Nullable(), (ok, failed, cards) => Some.AllReaders(ok, failed, cards)),
        Gen.Select(Gen.Long[0, 500].Nullable(), Gen.Long[0, 500].Nullable(), Gen.Long[0, 90], Gen.Long[0, 90], (approved, receipts, declined, unsent) => Some.Payments(approved, receipts, declined, unsent)),
        Gen.Select(Gen.Double[-90, 90].Nullable(), Gen.Double[0, 3000].Nullable(), Gen.Bool, Gen.Bool, (latitude, accuracy, tamper, locked) => Some.Security(latitude, accuracy, tamper, locked)),
        Gen.Select(Gen.Enum<SimState>(), Gen.Int[0, 3], (state, card) => Some.Sim(state, card)),
        Gen.Select(Gen.Enum<PowerSource>(), Gen.Double[0, 1].Nullable(), Gen.Double[0, 1].Nullable(), Gen.Long[0, 2000].Nullable(), Gen.Double[20, 80].Nullable(),
            (source, battery, health, cycles, celsius) => new Action<Report>(report => report.Power = new() { Source = source, Battery = battery, Health = health, Cycles = cycles, Celsius = celsius })),
        Gen.Int[1, 300].Select(seconds => new Action<Report>(report => report.Heartbeat = new() { IntervalSeconds = seconds })));

    private static readonly Gen<Input> Anything = Gen.Select(Gen.Enum<InputKind>(), Gen.Int[0, 3000], Gen.Int[0, 3000], Gen.Long[0, 400], Gen.Bool, Content)
        .Select((kind, arrived, at, seq, isReport, with) =>
            new Input(isReport ? InputKind.Report : kind, Story.Ms(arrived), Some.Report(seq, at, with), Story.Ms(at)));

    private static readonly Gen<Input[]> Life = Anything.Array[1, 60];

    [Fact]
    public void The_same_inputs_give_the_same_findings_and_state() => Life.Sample(life =>
    {
        var (first, second) = (new Terminal("T1"), new Terminal("T1"));
        return Found(first, life).SequenceEqual(Found(second, life)) && Story.Saved(first).SequenceEqual(Story.Saved(second));
    });

    [Fact]
    public void Stored_and_loaded_anywhere_it_goes_on_as_if_nothing_had_been() => Gen.Select(Life, Gen.Int[0, 60]).Sample((life, cut) =>
    {
        var whole = new Terminal("T1");
        var before = Found(whole, life[..Math.Min(cut, life.Length)]);
        var loaded = Terminal.Load("T1", Story.Saved(whole));
        var rest = life[Math.Min(cut, life.Length)..];
        return Found(whole, rest).SequenceEqual(Found(loaded, rest))
            && Story.Saved(whole).SequenceEqual(Story.Saved(loaded))
            && (whole.DueAtMs, whole.HeardAtMs) == (loaded.DueAtMs, loaded.HeardAtMs);
    });

    /// <summary>Otherwise its shard would journal a word every half minute for as long as it is silent.</summary>
    [Fact]
    public void Told_that_its_deadline_has_passed_it_wants_to_hear_of_a_later_one_or_of_none() => Life.Sample(life =>
    {
        var terminal = new Terminal("T1") { Profile = new(TimeZone: "Asia/Shanghai") };
        terminal.Follow(s_rules, Story.Start, []);
        Found(terminal, life);
        var nowMs = life.Max(input => input.AtMs);
        for (var told = 0; told < 20 && terminal.DueAtMs != 0; told++)
        {
            nowMs = Math.Max(nowMs, terminal.DueAtMs);
            Found(terminal, [new(InputKind.Tick, nowMs, HeardAtMs: terminal.HeardAtMs)]);
            if (terminal.DueAtMs != 0 && terminal.DueAtMs <= nowMs) return false;
        }
        return true;
    });

    /// <summary>Lives begin on a Monday at 22:13 in Shanghai.</summary>
    private static readonly RuleSet s_rules = RuleFile.Read("rules.json", JsonNode.Parse("""
        {
          "charge":  {"reading": "power.battery", "raise": {"below": 0.7, "for": "00:10:00"}, "clear": {"above": 0.8, "for": "00:05:00"}},
          "evening": {"reading": "power.source", "raise": {"is": "battery", "for": "00:02:00"}, "schedule": {"from": "22:20", "to": "22:45"}},
          "night":   {"reading": "signal.rsrp", "raise": {"below": -70, "for": "00:30:00"}, "schedule": {"days": ["mon", "wed"], "from": "22:30", "to": "04:00"}},
          "weekend": {"reading": "printer.paper", "raise": {"below": 0.9}, "schedule": {"days": ["sat"], "from": "08:00", "to": "22:00"}},
          "odd":     {"reading": "power.volts", "raise": {"unusual": 0.15}}
        }
        """));

    /// <summary>A terminal numbers its reports in the order of their times; then any of the newest 256 may come again.</summary>
    [Fact]
    public void A_report_that_comes_again_changes_nothing_but_the_count_of_duplicates() =>
        Gen.Select(Content.Array[1, 40], Gen.Int[0, 39].Array[0, 40]).Sample((contents, again) =>
        {
            var reports = contents.Select((with, seq) => Some.Report(seq, seq * 45, with)).ToArray();
            var (once, repeated) = (new Terminal("T1"), new Terminal("T1"));
            List<string> expected = [], found = [];
            for (var i = 0; i < reports.Length; i++)
            {
                expected.AddRange(Found(once, [Arrives(reports[i])]));
                found.AddRange(Found(repeated, [Arrives(reports[i])]));
                if (i < again.Length && again[i] <= i) found.AddRange(Found(repeated, [Arrives(reports[again[i]], later: 10_000)]));
            }
            return expected.SequenceEqual(found)
                && once.HeardAtMs == repeated.HeardAtMs
                && once.View().Reports == repeated.View().Reports
                && once.View().SeqSum == repeated.View().SeqSum;
        });

    /// <summary>Late reports count, and change nothing that a newer one says.</summary>
    [Fact]
    public void Late_reports_never_change_what_is_found() =>
        Gen.Select(Content.Array[1, 40], Content.Array[0, 40], Gen.Bool.Array[40]).Sample((contents, stored, isOld) =>
        {
            var (plain, mixed) = (new Terminal("T1"), new Terminal("T1"));
            List<string> expected = [], found = [];
            for (var i = 0; i < contents.Length; i++)
            {
                var report = Arrives(Some.Report((2 * i) + 1, (i * 45) + 61, contents[i]));
                expected.AddRange(Found(plain, [report]));
                found.AddRange(Found(mixed, [report]));
                // From more than a minute ago with anything, or from just now with what is known better by now.
                if (i < stored.Length) found.AddRange(Found(mixed, [Arrives(isOld[i] ? Some.Report(2 * i, i * 45, stored[i]) : Some.Report(2 * i, (i * 45) + 60, contents[i]), later: 1000)]));
            }
            return expected.SequenceEqual(found) && mixed.View().Late == Math.Min(contents.Length, stored.Length);
        });

    /// <summary>A terminal that sends its sections apart, a round a minute, over a path that swaps and repeats them.</summary>
    [Fact]
    public void Sections_of_a_round_give_the_same_findings_in_whichever_order_and_however_often_they_come() =>
        Gen.Select(Round.Array[1, 30], Gen.Int[0, 1_000_000]).Sample((rounds, seed) =>
        {
            var (ordered, shuffled, chance) = (new Terminal("T1"), new Terminal("T1"), new Random(seed));
            var seq = 0;
            for (var minute = 0; minute < rounds.Length; minute++)
            {
                Input[] round = [.. rounds[minute].Select(with => Arrives(Some.Report(++seq, minute * 60, with)))];
                Input[] mixed = [.. round, .. round.Where(_ => chance.Next(3) == 0)];
                chance.Shuffle(mixed);
                var (expected, found) = (Found(ordered, [.. Passes(ordered, minute * 60), .. round]), Found(shuffled, [.. Passes(shuffled, minute * 60), .. mixed]));
                if (!expected.Order(StringComparer.Ordinal).SequenceEqual(found.Order(StringComparer.Ordinal))) return false;
            }
            var (one, other) = (ordered.View(), shuffled.View());
            return JsonSerializer.Serialize(one) == JsonSerializer.Serialize(other with { Late = one.Late, Duplicates = one.Duplicates }) && ordered.DueAtMs == shuffled.DueAtMs;
        });

    /// <summary>
    /// So with what is judged by several of them: a start by its count and its uptime, and that it was none by power; a board by
    /// printer and power; counters that went back by what explains it; codes by what they say of other sections. They begin with
    /// a whole report; on another source of power a board is judged with the printer's next word.
    /// </summary>
    [Fact]
    public void So_it_is_with_sections_that_are_judged_together() =>
        Gen.Select(JudgedTogether.Array[1, 60], Gen.Int[0, 1_000_000]).Sample((rounds, seed) =>
        {
            var (ordered, shuffled, chance) = (new Terminal("T1", s_quick), new Terminal("T1", s_quick), new Random(seed));
            var whole = Arrives(Some.Report(1, -60, report => Array.ForEach(rounds[0], with => with(report))));
            if (!Found(ordered, [whole]).SequenceEqual(Found(shuffled, [whole]))) return false;
            var seq = 1;
            for (var minute = 0; minute < rounds.Length; minute++)
            {
                Input[] round = [.. rounds[minute].Select(with => Arrives(Some.Report(++seq, minute * 60, with)))];
                Input[] mixed = [.. round, .. round.Where(_ => chance.Next(3) == 0)];
                chance.Shuffle(mixed);
                var (expected, found) = (Found(ordered, [.. Passes(ordered, minute * 60), .. round]), Found(shuffled, [.. Passes(shuffled, minute * 60), .. mixed]));
                if (!expected.Order(StringComparer.Ordinal).SequenceEqual(found.Order(StringComparer.Ordinal)) || ordered.DueAtMs != shuffled.DueAtMs) return false;
            }
            return true;
        });

    /// <summary>What takes days or many minutes is there within a life.</summary>
    private static readonly FaultLimits s_quick = new()
    {
        Board = new() { HoldFor = TimeSpan.FromMinutes(2), ClearFor = TimeSpan.FromMinutes(3) },
        NoStart = new() { ShortRun = TimeSpan.FromMinutes(4), StableFor = TimeSpan.FromMinutes(4), Starts = 2 },
        ErrorCode = new() { HoldFor = TimeSpan.FromMinutes(2) },
    };

    /// <summary>What its shard says of the time up to then: a hold that ends before a round is not the round's.</summary>
    private static IEnumerable<Input> Passes(Terminal terminal, int untilSeconds) =>
        terminal.DueAtMs is > 0 and var dueAtMs && dueAtMs <= Story.Ms(untilSeconds) ? [new(InputKind.Tick, Story.Ms(untilSeconds), HeardAtMs: terminal.HeardAtMs)] : [];

    /// <summary>One report each of sections that are judged apart; power and system are judged with others.</summary>
    private static readonly Gen<Action<Report>[]> Round = Gen.Select(
        Gen.Select(Gen.Double[-125, -60], Gen.Double[-5, 20], (rsrp, snr) => Some.Lte(rsrp, snr)),
        Gen.Select(Gen.Long[0, 60], Gen.Long[0, 60], Gen.Long[0, 30], (ok, failed, cards) => Some.AllReaders(ok, failed, cards)),
        Gen.Select(Gen.Long[0, 500], Gen.Long[0, 90], (approved, declined) => Some.Payments(approved, receipts: null, declined, unsent: 0)),
        Gen.Enum<PrinterState>().Select(state => Some.Paper(null, state: state)),
        Gen.Select(Gen.Double[-90, 90], Gen.Bool, Gen.Bool, (latitude, tamper, locked) => Some.Security(latitude, 12, tamper, locked)),
        (Action<Report> signal, Action<Report> reader, Action<Report> payment, Action<Report> printer, Action<Report> security) => new[] { signal, reader, payment, printer, security });

    private static readonly Gen<Action<Report>[]> JudgedTogether = Gen.Select(
        Gen.Int[0, 3].Select(which => Some.Paper(null, state: which == 0 ? PrinterState.Ok : PrinterState.VoltageLow)),
        Gen.Select(Gen.Double[0.8, 1], Gen.Double[3.2, 4], (battery, volts) => new Action<Report>(report => report.Power = new() { Source = PowerSource.Mains, Battery = battery, Volts = volts })),
        Gen.Select(Gen.Long[0, 3], Gen.Long[0, 5], Gen.Int[0, 2], (reboots, crashes, error) => new Action<Report>(report =>
            report.System = new() { Reboots = reboots, Crashes = crashes, Errors = error == 0 ? [] : error == 1 ? ["E205"] : ["E999"] })),
        Gen.Long[0, 300].Select(uptime => new Action<Report>(report => report.Heartbeat = new() { UptimeSeconds = uptime, IntervalSeconds = 60 })),
        Gen.Long[0, 500].Select(approved => Some.Payments(approved, receipts: null, declined: 0, unsent: 0)),
        (Action<Report> printer, Action<Report> power, Action<Report> system, Action<Report> heartbeat, Action<Report> payment) => new[] { printer, power, system, heartbeat, payment });

    [Fact]
    public void A_journal_replayed_from_its_start_finds_nothing_again() => Content.Array[1, 60].Sample(contents =>
    {
        var journal = contents.Select((with, seq) => Arrives(Some.Report(seq, seq * 45, with))).ToArray();
        var terminal = new Terminal("T1");
        Found(terminal, journal);
        var reports = terminal.View().Reports;
        return Found(terminal, journal).Count == 0 && terminal.View().Reports == reports;
    });

    [Fact]
    public void The_state_is_small_with_everything_on()
    {
        var terminal = new Terminal("T1");
        for (var seq = 0; seq < 600; seq++)
        {
            var report = Some.Report(long.MaxValue - 1000 + (seq % 300), seq * 60, Some.Lte(-120.123456, -7.123456));
            Some.Swipes(1L << (seq % 62), 1L << (seq % 61), 1L << (seq % 60), 1L << (seq % 59))(report);
            Some.Paper(0.123456789, 1L << (seq % 62), PrinterState.PaperOut)(report);
            Some.AllReaders(1L << (seq % 62), 1L << (seq % 61), 1L << (seq % 60))(report);
            Some.Payments(1L << (seq % 62), 1L << (seq % 61), 1L << (seq % 60), 1L << (seq % 59))(report);
            Some.Security(latitude: -31.123456 + (seq % 5), accuracyMetres: 123.456, isTampered: seq % 2 == 0, isLocked: true)(report);
            (report.Signal!.Sim, report.Signal.Iccid, report.Signal.Cell) = (SimState.Denied, $"8986000000000000{seq:D4}", $"460-00-{seq}");
            report.Power = new() { Source = seq % 3 == 0 ? PowerSource.Mains : PowerSource.Battery, Battery = seq % 7 / 10.1, Health = 0.123, Cycles = 1000, Celsius = 70 };
            report.System = new()
            {
                Firmware = new string('版', 128), App = new string('应', 128), Patch = "2026-08-05", Errors = ["E205"],
                MemoryFreeBytes = 10_000_000 - seq, StorageFreeBytes = 10_000_000 - seq, Crashes = seq, Reboots = seq / 100,
            };
            report.Heartbeat = new() { UptimeSeconds = seq % 100, IntervalSeconds = 60 };
            Found(terminal, [Arrives(report)]);
        }
        Found(terminal, [new(InputKind.Online, Story.Ms(36_000), Session: 1), new(InputKind.Offline, Story.Ms(36_001), Session: 1), new(InputKind.Online, Story.Ms(36_002), Session: 2)]);
        Assert.InRange(Story.Saved(terminal).Length, 400, 1399); // the largest of all numbers and texts at once; a usual one is below
    }

    [Fact]
    public void A_usual_terminals_state_is_under_a_kilobyte()
    {
        var terminal = new Terminal("T1");
        for (var seq = 0; seq < 20_000; seq++)
        {
            var sales = seq / 3;
            var report = Some.Report(seq, seq * 60, Some.Lte(-95 - (seq % 7), 8 - (seq % 3)));
            Some.AllReaders(sales, sales / 50, sales / 60)(report);
            Some.Payments(sales, sales, sales / 40, 0)(report);
            Some.Security(31.2304 + (seq % 5 / 10_000.0), 12, isTampered: false, isLocked: false)(report);
            (report.Signal!.Sim, report.Signal.Iccid, report.Signal.Cell) = (SimState.Ready, "89860012345678901234", "460-00-1234-567890");
            report.Printer = new() { State = PrinterState.Ok, Paper = 1 - (sales % 130 / 130.0), Lines = sales * 30, Cuts = sales, Faults = 2, HeadCelsius = 40 };
            report.Power = new() { Source = seq % 600 < 500 ? PowerSource.Mains : PowerSource.Battery, Battery = 1 - (seq % 600 / 1000.0), Volts = 3.9, Health = 0.91, Cycles = 210, Celsius = 31 };
            report.System = new() { MemoryFreeBytes = 120_000_000 - (seq % 1000), StorageFreeBytes = 900_000_000, Reboots = seq / 5000, Crashes = seq / 9000, Firmware = "1.4.2", App = "7.0.1", Patch = "2026-08" };
            report.Heartbeat = new() { UptimeSeconds = seq % 5000 * 60, IntervalSeconds = 60 };
            Found(terminal, [Arrives(report)]);
        }
        Assert.InRange(Story.Saved(terminal).Length, 400, 1023);
    }

    [Fact]
    public void A_state_of_another_version_is_refused_by_its_number()
    {
        var error = Assert.Throws<InvalidDataException>(() => Terminal.Load("T1", new byte[] { 14, 0, 0 }));
        Assert.Equal("The state of terminal T1 is of version 7; this program reads version 3.", error.Message);
    }

    [Fact]
    public void A_state_that_is_not_whole_is_refused()
    {
        var terminal = new Terminal("T1");
        Found(terminal, [Arrives(Some.Report(1, 0))]);
        var state = Story.Saved(terminal);
        Assert.Throws<InvalidDataException>(() => Terminal.Load("T1", state.AsMemory()[..^1]));
        Assert.Throws<InvalidDataException>(() => Terminal.Load("T1", (byte[])[.. state, 0]));
    }

    private static Input Arrives(Report report, long later = 0) => new(InputKind.Report, report.AtMs + later, report);

    /// <summary>What is found, in a form that compares by value.</summary>
    private static List<string> Found(Terminal terminal, Input[] inputs)
    {
        List<Finding> findings = [];
        foreach (var input in inputs) terminal.Apply(input, findings);
        return [.. findings.Select(finding => $"{finding with { Evidence = [] }} {string.Join(' ', finding.Evidence)}")];
    }
}
