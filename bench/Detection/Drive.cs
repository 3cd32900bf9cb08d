using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Terminals;
using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>A finding, and when it was made by the server's time, Unix ms.</summary>
internal readonly record struct Heard(long AtMs, Finding Finding);

/// <summary>What came of one terminal's days.</summary>
/// <param name="Findings">In the order in which they were made.</param>
/// <param name="Said">What it ran and where it was, and from when on by the server's time.</param>
/// <param name="Rolls">What was true of its paper in normal use.</param>
internal readonly record struct Driven(List<Heard> Findings, List<(long AtMs, Said Said)> Said, List<FaultTruth> Rolls, long Reports, int RuleAlarms, int RuleVisits);

/// <summary>Drives one real <see cref="Terminal"/> through its days in virtual time, ticking it when it asks, as presence does.</summary>
internal static class Drive
{
    /// <summary>More ticks at one moment than any detector can mean: a deadline that does not move.</summary>
    private const int MostTicks = 64;

    /// <summary>As shipped; which versions are too old only an operator can say.</summary>
    private static readonly FaultLimits s_limits = new() { Software = new() { Required = new Dictionary<string, RequiredVersions> { ["*"] = new(Patch: "2025-06") } } };

    public static Driven Through(BelievableFleet fleet, int index, int intervalSeconds, CancellationToken stop)
    {
        var simulated = fleet.Terminal(index);
        var terminal = new Terminal(simulated.Serial) { Profile = ProfileOf(fleet.ShopOf(index)), Limits = s_limits };
        var (heard, rules, roll, rolls) = (new List<Heard>(), default(FixedRules), default(RollWatch), new List<FaultTruth>());
        var (census, said) = (new Census(), new List<(long, Said)>());
        var (reports, session, heardMs) = (0L, 1L, fleet.StartMs);
        Apply(terminal, new Input(InputKind.Online, fleet.StartMs, Session: session), heard);
        for (var atMs = fleet.StartMs + index % intervalSeconds * 1000L; atMs < fleet.EndMs; atMs += intervalSeconds * 1000L)
        {
            ref readonly var now = ref simulated.Advance(atMs);
            var untilMs = now.IsSilent ? atMs : now.ReceivedAtMs;
            Tick(terminal, untilMs, heardMs, heard);
            rules.Pass(untilMs);
            if (now.IsSilent) continue;
            if (now.Reconnected)
            {
                Apply(terminal, new Input(InputKind.Offline, untilMs, Session: session), heard);
                Apply(terminal, new Input(InputKind.Online, untilMs, Session: ++session), heard);
            }
            rules.Hear(now, untilMs);
            if (roll.Pass(index, now, untilMs, fleet.PlightsOf(index)) is { } ended) rolls.Add(ended);
            var report = new Input(InputKind.Report, untilMs, ReportOf.Readings(simulated.Serial, now, intervalSeconds));
            Apply(terminal, report, heard);
            if (census.Hear(report.Report!, terminal.StandsOnMains)) said.Add((untilMs, census.Find(simulated.Serial)));
            if (now.IsRepeated) Apply(terminal, report, heard);
            (heardMs, reports) = (untilMs, reports + 1);
            if (reports % 1024 == 0) stop.ThrowIfCancellationRequested();
        }
        if (roll.UnderWay(index, fleet.EndMs) is { } last) rolls.Add(last);
        return new(heard, said, rolls, reports, rules.Alarms, rules.Visits);
    }

    /// <summary>What a registry would say of a shop's terminals; not its hours, which are to be learned.</summary>
    public static TerminalProfile ProfileOf(Shop shop) =>
        new(Site: shop.Name, Carrier: shop.Carrier, TimeZone: TownRegistry.Zone(shop));

    private static void Tick(Terminal terminal, long untilMs, long heardMs, List<Heard> heard)
    {
        for (var ticks = 0; terminal.DueAtMs is > 0 and var dueMs && dueMs <= untilMs && ticks < MostTicks; ticks++)
            Apply(terminal, new Input(InputKind.Tick, dueMs, HeardAtMs: heardMs), heard);
    }

    private static void Apply(Terminal terminal, in Input input, List<Heard> heard)
    {
        var findings = new List<Finding>();
        terminal.Apply(input, findings);
        foreach (var finding in findings)
            if (finding.Kind is FindingKind.Raised or FindingKind.Cleared) heard.Add(new(input.AtMs, finding));
    }
}
