using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>A fault that people were told of.</summary>
/// <param name="Terminal">Whose it is; -1 for a group's.</param>
/// <param name="AtMs">When they were told, Unix ms.</param>
/// <param name="Subject">A serial, or a group's name.</param>
internal readonly record struct Raised(int Terminal, string Fault, long AtMs, string Subject = "", string Evidence = "");

/// <summary>
/// Holds what was raised against what was true. A finding is right when its fault is true of its terminal between the
/// onset and <see cref="GraceMs"/> after the end; the first one finds the fault, every further one of the same fault is false.
/// A different fault is false too, except what follows of itself from the true one (<see cref="Follows"/>), which counts as
/// nothing. A fault of a group is found by one finding that names the group; to tell of its members' silence
/// one by one is false.
/// </summary>
internal sealed class Score
{
    public const long GraceMs = 15 * 60_000;

    private readonly Dictionary<string, FaultScore> _faults = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, FaultScore> Faults => _faults;

    /// <summary>What was raised without cause.</summary>
    public List<Raised> Wrong { get; } = [];

    /// <summary>What was true and not found.</summary>
    public List<FaultTruth> Missed { get; } = [];

    public int LookAlikes { get; private set; }

    public int LookAlikesFired { get; private set; }

    public int Right => _faults.Values.Sum(fault => fault.Right);

    public int False => _faults.Values.Sum(fault => fault.False);

    public int True => _faults.Values.Sum(fault => fault.True);

    public double Precision => Right + False == 0 ? 0 : Right / (double)(Right + False);

    public double Recall => True == 0 ? 0 : Right / (double)True;

    public void Add(IReadOnlyList<FaultTruth> truths, IEnumerable<Raised> raised)
    {
        var ofTerminal = truths.SelectMany(truth => truth.Terminals, (truth, terminal) => (terminal, truth)).ToLookup(pair => pair.terminal, pair => pair.truth);
        var ofGroup = truths.Where(truth => truth.Group is not null).ToLookup(truth => truth.Group!);
        foreach (var truth in truths.Where(truth => truth.MustAlarm)) Of(truth.Fault).True++;
        LookAlikes += truths.Count(truth => truth is { MustAlarm: false, MayAlarm: false });
        var (found, fired) = (new HashSet<FaultTruth>(ReferenceEqualityComparer.Instance), new HashSet<FaultTruth>(ReferenceEqualityComparer.Instance));
        foreach (var one in raised.OrderBy(one => one.AtMs))
        {
            var near = (one.Terminal < 0 ? ofGroup[one.Subject] : ofTerminal[one.Terminal]).Where(truth => truth.FromMs <= one.AtMs && one.AtMs <= truth.ToMs + GraceMs).ToList();
            if (near.Find(truth => truth.MustAlarm && truth.Fault == one.Fault && truth.Group is not null == one.Terminal < 0 && !found.Contains(truth)) is { } hit)
            {
                found.Add(hit);
                Of(one.Fault).Find((one.AtMs - hit.FromMs) / 60_000.0);
            }
            else if (one.Terminal < 0 || !near.Exists(truth => Follows(truth, one.Fault)))
            {
                Of(one.Fault).False++;
                Wrong.Add(one);
                fired.UnionWith(near.Where(truth => !truth.MustAlarm && truth.Fault == one.Fault));
            }
        }
        LookAlikesFired += fired.Count;
        Missed.AddRange(truths.Where(truth => truth.MustAlarm && !found.Contains(truth)));
    }

    /// <summary>Whether a fault is a plain consequence of a true one, right in itself, though not its name.</summary>
    private static bool Follows(FaultTruth truth, string fault) => truth.Ailment switch
    {
        Ailment.CohortRegression => fault is "system-fault", // members keep their own
        Ailment.NoStart => fault is "system-fault",
        Ailment.OneDamagedCard => fault is "bad-card", // it is one; only the reader must not be blamed
        Ailment.Unplugged => fault is "battery-low",
        Ailment.AdapterFault or Ailment.PowerCut => fault is "battery-low",
        Ailment.PaperLow => fault is "paper-out",
        Ailment.PaperOut => fault is "paper-low",
        Ailment.RollEnding => fault is "paper-low" or "paper-out",
        _ => false,
    };

    private FaultScore Of(string fault)
    {
        if (!_faults.TryGetValue(fault, out var score)) _faults[fault] = score = new();
        return score;
    }
}

/// <summary>Of one fault: how often it was true, found, and raised without cause.</summary>
internal sealed class FaultScore
{
    private readonly List<double> _minutes = [];

    public int True { get; set; }

    public int False { get; set; }

    public int Right => _minutes.Count;

    public void Find(double minutes) => _minutes.Add(minutes);

    /// <summary>Minutes from onset to finding at a share of those found (nearest rank); NaN where none was.</summary>
    public double Minutes(double share)
    {
        if (_minutes.Count == 0) return double.NaN;
        _minutes.Sort();
        return _minutes[Math.Max(0, (int)Math.Ceiling(share * _minutes.Count) - 1)];
    }
}
