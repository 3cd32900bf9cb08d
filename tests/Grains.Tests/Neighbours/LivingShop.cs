using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>One shop of real terminals that report every minute, or are silent, and what people are told of it.</summary>
internal sealed class LivingShop
{
    public const int Minute = 60, Hour = 60 * Minute, Day = 24 * Hour;

    private readonly Census _census = new();
    private readonly Dictionary<string, Terminal> _terminals;
    private readonly Neighbourhood _shop;
    private readonly List<string> _told = [];
    private int _atSecond;

    public LivingShop(string serials, OpeningHours? hours = null)
    {
        _terminals = serials.ToDictionary(one => $"{one}", one => new Terminal($"{one}") { Profile = new(Site: "S", Hours: hours) });
        _shop = new(_ => new(Site: "S"), _ => _terminals.Count, new Holding(), _census, _ => _terminals.Keys);
    }

    public IReadOnlyList<string> Told => _told;

    /// <summary>When the last of that was told, in seconds since the shop opened.</summary>
    public int ToldAtSecond { get; private set; }

    public int AtSecond => _atSecond;

    public Finding? Site { get; private set; }

    public string? CauseOf(string serial, string fault) => _shop.CauseOf(serial, fault);

    /// <summary>A piece of the evidence of the site's finding.</summary>
    public object? Said(string name) => Site!.Evidence.Single(e => e.Name == name) is var one ? one.Text ?? (object?)one.Number : null;

    public static void At(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Mains, Battery = 1 }, new() { Link = Link.Wired });

    public static void OffMains(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Battery, Battery = 0.6 }, new() { Link = Link.Wired });

    public static void Empty(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Battery, Battery = 0.03 }, new() { Link = Link.Wired });

    public static void OffCable(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Mains, Battery = 1 }, new() { Link = Link.Cellular });

    /// <summary>On mains at the counter, without a battery.</summary>
    public static void OnlyMains(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Mains }, new() { Link = Link.Wired });

    /// <summary>On mains at the counter, with a battery, and over the air.</summary>
    public static void ByRadio(Report report) => (report.Power, report.Signal) = (new() { Source = PowerSource.Mains, Battery = 1 }, new() { Link = Link.Cellular });

    public static Action<Report> CarriedAround { get; } = report => (report.Power, report.Signal) = (new() { Source = PowerSource.Battery, Battery = 0.9 }, new() { Link = Link.Cellular });

    public static Action<Report> Boots(int times) => report => report.System = new() { Reboots = times };

    /// <summary>For so many seconds each reports so at every step; null for one that is silent.</summary>
    public void Passes(int seconds, int step, params Action<Report>?[] ways)
    {
        var findings = new List<Finding>();
        for (var to = _atSecond + seconds; _atSecond < to; _atSecond += step)
        {
            foreach (var (terminal, way) in _terminals.Values.Zip(ways)) Lives(terminal, way, step, findings);
            foreach (var found in findings.OrderBy(one => one.AtMs)) _shop.Hear(found);
            findings.Clear();
            for (var passed = 0; passed < Math.Min(step, Minute); passed += 10)
                foreach (var told in _shop.Tick(Story.Ms(_atSecond + passed)).Where(one => one.Kind == FindingKind.Raised))
                {
                    _told.Add($"{told.Subject} {told.Fault}");
                    ToldAtSecond = _atSecond + passed;
                    if (told.Subject == "site:S") Site = told;
                }
        }
    }

    private void Lives(Terminal terminal, Action<Report>? way, int step, List<Finding> findings)
    {
        if (terminal.DueAtMs is > 0 and var dueAtMs && dueAtMs <= Story.Ms(_atSecond))
            terminal.Apply(new(InputKind.Tick, Story.Ms(_atSecond), HeardAtMs: terminal.HeardAtMs), findings);
        if (way is null) return;
        var report = new Report { Serial = terminal.Serial, ReceivedAtMs = Story.Ms(_atSecond), AtMs = Story.Ms(_atSecond), Seq = _atSecond + 1, HasSeq = true, Heartbeat = new() { IntervalSeconds = step } };
        way(report);
        terminal.Apply(new(InputKind.Report, Story.Ms(_atSecond), report), findings);
        _census.Hear(report, terminal.StandsOnMains);
    }
}
