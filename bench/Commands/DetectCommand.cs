using System.CommandLine;
using System.Globalization;
using Fleet.Bench.Detection;
using Fleet.Simulator.Shops;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench detect</c>: the real detectors over a believable fleet in virtual time, in process, without MQTT and JSON, held
/// against what truly happened and against fixed thresholds. How it is scored: <see cref="Score"/>.
/// </summary>
internal sealed class DetectCommand(TimeProvider clock)
{
    private const long StartMs = 1_772_409_600_000; // 2026-03-02, a Monday

    /// <summary>Drawn once; no test and no threshold was made with them.</summary>
    private static readonly ulong[] s_seeds = [718_281_828, 577_215_664, 161_803_398, 662_607_015, 299_792_458];

    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "How many terminals.", 500, 10, 100_000);
    private readonly Option<int> _days = LoadOptions.Whole("--days", "How many days each lives.", 3, 2, 366);
    private readonly Option<int> _interval = LoadOptions.Whole("--interval", "Seconds between two reports.", 60, 5, 3_600);
    private readonly Option<int> _seeds = LoadOptions.Whole("--seeds", "How many fleets.", 1, 1, s_seeds.Length);
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Another fleet than those: for work on the detectors." };
    private readonly Option<int> _learn = LoadOptions.Whole("--learn", "Days before those, in which nothing befalls anybody and nothing is scored: opening hours and usual values are learned.", 15, 0, 60);
    private readonly Option<bool> _healthy = new("--healthy") { Description = "Nothing ever befalls anybody: whatever is found is false." };
    private readonly Option<string?> _explain = new("--explain") { Description = "Also list what was false, and what was missed, of this fault, or of all." };
    private readonly Option<bool> _assert = Goals.Assert();

    public Command Create()
    {
        var command = new Command("detect", "Precision, recall and delay of the detectors over a believable fleet, in virtual time.")
        {
            _terminals, _days, _learn, _interval, _seeds, _seed, _healthy, _explain, _assert,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult arguments)
    {
        var (terminals, days, interval, seeds) = (arguments.GetValue(_terminals), arguments.GetValue(_days), arguments.GetValue(_interval), arguments.GetValue(_seeds));
        var (learn, isHealthy) = (arguments.GetValue(_learn), arguments.GetValue(_healthy));
        var (score, early, visits, alarms, ours, reports, took) = (new Score(), new List<Raised>(), 0, 0, 0, 0L, clock.GetTimestamp());
        ulong[] fleets = arguments.GetValue(_seed) is { } own ? [own] : s_seeds[..seeds];
        Console.WriteLine($"{terminals} terminals, {days} days after {learn} of learning, a report every {interval} s; seeds {string.Join(' ', fleets)}{(fleets.All(s_seeds.Contains) ? ", from a list no test uses" : "")}");
        foreach (var seed in fleets)
        {
            var fleet = new BelievableFleet(terminals, days, StartMs, seed, learn, isHealthy);
            var driven = new Driven[terminals];
            Parallel.For(0, terminals, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                index => driven[index] = Drive.Through(fleet, index, interval, CancellationToken.None));
            var raised = Town.Told(fleet, driven).ToLookup(one => one.AtMs >= fleet.QuietToMs);
            // A roll that was low before the days that are scored may have been said before them.
            var rolls = driven.SelectMany(one => one.Rolls).Where(roll => roll.ToMs >= fleet.QuietToMs)
                .Select(roll => roll.FromMs >= fleet.QuietToMs ? roll : roll with { Ailment = Ailment.RollEnding, MustAlarm = false });
            score.Add([.. fleet.Truths, .. rolls], raised[true]);
            early.AddRange(raised[false]);
            reports += driven.Sum(one => one.Reports);
            visits += driven.Sum(one => one.RuleVisits);
            alarms += driven.Sum(one => one.RuleAlarms);
            ours += raised[true].Count(one => NeedsVisit(one.Fault));
            Console.WriteLine($"seed {seed}: {reports:N0} reports so far, {clock.GetElapsedTime(took).TotalSeconds:F1} s");
        }
        Console.WriteLine($"while learning, not scored: {string.Join(", ", early.CountBy(one => one.Fault).OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => $"{fault.Value} {fault.Key}").DefaultIfEmpty("nothing"))}");
        Print(score);
        if (arguments.GetValue(_explain) is { } fault) Explain(score, early, fault);
        var perMonth = score.False / (terminals * (double)fleets.Length * days / 30);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"false alerts a terminal-month {perMonth:F3}; look-alikes that fired {score.LookAlikesFired} of {score.LookAlikes}"));
        Console.WriteLine($"fixed thresholds: {alarms:N0} alarms, {visits:N0} visits; ours: {ours:N0} findings that may end in a visit ({visits - ours:N0} fewer)");
        var goals = new Goals(arguments.GetValue(_assert));
        if (isHealthy)
        {
            goals.Check($"nothing false in a fleet that nothing befalls: {score.False}", score.False == 0);
            return goals.ExitCode;
        }
        goals.Check($"precision {score.Precision:F3} >= 0.97", score.Precision >= 0.97);
        goals.Check($"recall {score.Recall:F3} >= 0.95", score.Recall >= 0.95);
        goals.Check($"false alerts {perMonth:F3} < 0.05 a terminal-month", perMonth < 0.05);
        var carrier = score.Faults.GetValueOrDefault("carrier-outage");
        goals.Check("a carrier outage is one finding within 3 minutes", carrier is { False: 0 } && carrier.Right == carrier.True && carrier.Minutes(1) <= 3);
        return goals.ExitCode;
    }

    private static void Print(Score score)
    {
        Console.WriteLine($"{"fault",-20}{"true",7}{"found",7}{"false",7}{"precision",11}{"recall",8}{"p50 min",9}{"p90 min",9}");
        foreach (var (name, fault) in score.Faults.OrderBy(fault => fault.Key, StringComparer.Ordinal))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-20}{fault.True,7}{fault.Right,7}{fault.False,7}{Share(fault.Right, fault.Right + fault.False),11}{Share(fault.Right, fault.True),8}{fault.Minutes(0.5),9:F1}{fault.Minutes(0.9),9:F1}"));
    }

    private static void Explain(Score score, List<Raised> early, string fault)
    {
        foreach (var one in early.Where(one => one.Fault == fault)) Console.WriteLine($"  while learning: {one.Fault} {Time(one.AtMs)} {one.Subject}: {one.Evidence}");
        foreach (var wrong in score.Wrong.Where(one => fault is "all" || one.Fault == fault)) Console.WriteLine($"  false: {wrong.Fault} {Time(wrong.AtMs)} {wrong.Subject}: {wrong.Evidence}");
        foreach (var missed in score.Missed.Where(truth => fault is "all" || truth.Fault == fault)) Console.WriteLine($"  missed: {missed.Fault} {Time(missed.FromMs)} to {Time(missed.ToMs)} {missed.Group ?? FleetTerminal.SerialOf(missed.Terminals[0])}, {missed.Ailment}");
    }

    private static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Share(int part, int whole) => whole == 0 ? "-" : (part / (double)whole).ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>Faults whose ladder in the catalogue has an engineer's step that a merchant's first step seldom spares.</summary>
    private static bool NeedsVisit(string fault) => fault is "offline" or "no-start" or "reader-fault" or "print-head-fault" or "board-fault"
        or "battery-worn" or "tamper" or "sim-fault" or "network-cable" or "adapter-fault" or "system-fault";
}
