using System.Globalization;
using Fleet.Grains;
using Fleet.Grains.Terminals;
using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>What came of one terminal's days.</summary>
/// <param name="Rolls">What was true of its paper in normal use.</param>
internal readonly record struct Driven(List<Raised> Raised, List<FaultTruth> Rolls, long Reports, int RuleAlarms, int RuleVisits);

/// <summary>Drives one real <see cref="Terminal"/> through its days in virtual time, ticking it when it asks, as presence does.</summary>
internal static class Drive
{
    /// <summary>More ticks at one moment than any detector can mean: a deadline that does not move.</summary>
    private const int MostTicks = 64;

    public static Driven Through(BelievableFleet fleet, int index, int intervalSeconds, CancellationToken stop)
    {
        var simulated = fleet.Terminal(index);
        var shop = fleet.ShopOf(index);
        var terminal = new Terminal(simulated.Serial) { Profile = new(Site: shop.Name, Carrier: shop.Carrier) };
        var (findings, raised, rules) = (new List<Finding>(), new List<Raised>(), default(FixedRules));
        var (roll, rolls) = (default(RollWatch), new List<FaultTruth>());
        var (reports, session, heardMs) = (0L, 1L, fleet.StartMs);
        terminal.Apply(new Input(InputKind.Online, fleet.StartMs, Session: session), findings);
        for (var atMs = fleet.StartMs + index % intervalSeconds * 1000L; atMs < fleet.EndMs; atMs += intervalSeconds * 1000L)
        {
            ref readonly var now = ref simulated.Advance(atMs);
            var untilMs = now.IsSilent ? atMs : now.ReceivedAtMs;
            Tick(terminal, untilMs, heardMs, findings);
            rules.Pass(untilMs);
            if (!now.IsSilent)
            {
                if (now.Reconnected)
                {
                    terminal.Apply(new Input(InputKind.Offline, untilMs, Session: session), findings);
                    terminal.Apply(new Input(InputKind.Online, untilMs, Session: ++session), findings);
                }
                rules.Hear(now, untilMs);
                if (roll.Pass(index, now, untilMs, fleet.PlightsOf(index)) is { } ended) rolls.Add(ended);
                var report = new Input(InputKind.Report, untilMs, ReportOf.Readings(simulated.Serial, now, intervalSeconds));
                terminal.Apply(report, findings);
                if (now.IsRepeated) terminal.Apply(report, findings);
                (heardMs, reports) = (untilMs, reports + 1);
            }
            foreach (var finding in findings)
                if (finding.Kind == FindingKind.Raised) raised.Add(new(index, finding.Fault, untilMs, string.Join(", ", finding.Evidence.Select(e => $"{e.Name} {e.Text ?? e.Number?.ToString(CultureInfo.InvariantCulture)}"))));
            findings.Clear();
            if (reports % 1024 == 0) stop.ThrowIfCancellationRequested();
        }
        return new(raised, rolls, reports, rules.Alarms, rules.Visits);
    }

    private static void Tick(Terminal terminal, long untilMs, long heardMs, List<Finding> findings)
    {
        for (var ticks = 0; terminal.DueAtMs is > 0 and var dueMs && dueMs <= untilMs && ticks < MostTicks; ticks++)
            terminal.Apply(new Input(InputKind.Tick, dueMs, HeardAtMs: heardMs), findings);
    }
}
