using System.Collections.Immutable;
using Fleet.Grains.Learning;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// One input being heard: whose it is, what was reported, what grew since the report before, what is known of the
/// terminal by now (this report included), and where what the detectors find goes. It lives on the stack.
/// </summary>
internal readonly ref struct Hearing
{
    private readonly Terminal _terminal;
    private readonly List<Finding> _findings;
    private readonly ref readonly Growth _growth;

    /// <param name="atMs">The time of the report by our clock, or up to which time has passed, Unix ms.</param>
    public Hearing(Terminal terminal, Report report, in Growth growth, long atMs, List<Finding> findings)
    {
        (_terminal, Report, AtMs, _findings) = (terminal, report, atMs, findings);
        _growth = ref growth;
    }

    /// <summary>When it was: the report's time, corrected where the terminal's clock is known to be off.</summary>
    public long AtMs { get; }

    /// <summary>What was reported; empty when only time has passed.</summary>
    public Report Report { get; }

    /// <summary>By how much each counter grew since it was last reported.</summary>
    public ref readonly Growth Growth => ref _growth;

    public ref readonly Learned Learned => ref _terminal.Learned;

    /// <summary>What is usual of what detectors test: they teach it while they suspect nothing.</summary>
    public ref UsualShares Usual => ref _terminal.Usual;

    /// <summary>When a reader wants cleaning; null where nothing says so.</summary>
    public Forecast? CleaningDue => _terminal.CleaningDue;
    public TerminalProfile Profile => _terminal.Profile;
    public FaultLimits Limits => _terminal.Limits;

    /// <summary>When the terminal was last heard, and when its silence becomes a fault (0 where it is one already), Unix ms, server time.</summary>
    public (long HeardAtMs, long FaultAtMs) Silence => (_terminal.HeardAtMs, _terminal.SilentAtMs);

    /// <summary>Between two of its reports, as it names it, or as usual.</summary>
    public int IntervalSeconds => _terminal.IntervalSeconds;

    /// <summary>For evidence: what an hour without the terminal costs its shop at a time, Unix ms; nothing while that is not known.</summary>
    public ImmutableArray<Evidence> UsualTakings(long atMs) => Learned.Takings.Evidence(atMs, Learned.Hours);

    /// <summary>Whether another fault of this terminal is raised now. One that stands later in <see cref="Detectors"/> has not heard this report yet.</summary>
    public bool IsRaised<TDetector>() where TDetector : struct, IDetector => _terminal.IsRaised<TDetector>();

    /// <summary>The same by the fault's code; slower.</summary>
    public bool IsRaised(string fault) => _terminal.OpenFaults().Contains(fault);

    public void Raise(string fault, ref Alarm alarm, ImmutableArray<Evidence> evidence) => Raise(fault, ref alarm, AtMs, evidence);

    /// <param name="sinceMs">When the fault began, where that is not now: at a deadline, say.</param>
    public void Raise(string fault, ref Alarm alarm, long sinceMs, ImmutableArray<Evidence> evidence)
    {
        alarm.Raise(sinceMs);
        Say(fault, FindingKind.Raised, alarm, evidence);
    }

    /// <summary>Says more of a fault that is raised.</summary>
    public void Change(string fault, in Alarm alarm, ImmutableArray<Evidence> evidence) => Say(fault, FindingKind.Changed, alarm, evidence);

    public void Clear(string fault, ref Alarm alarm, ImmutableArray<Evidence> evidence)
    {
        Say(fault, FindingKind.Cleared, alarm, evidence);
        alarm.Clear();
    }

    /// <summary>Says that a fault will come, or with null that it will not any more; the alarm remembers that it was said.</summary>
    public void Foresee(string fault, ref Alarm said, Forecast? forecast)
    {
        var kind = forecast is null ? FindingKind.Withdrawn : FindingKind.Foreseen;
        if (forecast is not null) said.Raise(AtMs);
        _findings.Add(new(_terminal.Serial, fault, kind, said.RaisedAtMs, AtMs, []) { DueAtMs = forecast?.EarliestMs ?? 0 });
        if (forecast is null) said.Clear();
    }

    private void Say(string fault, FindingKind kind, in Alarm alarm, ImmutableArray<Evidence> evidence) =>
        _findings.Add(new Finding(_terminal.Serial, fault, kind, alarm.RaisedAtMs, Math.Max(AtMs, alarm.RaisedAtMs), evidence)); // nothing ends before it began, by whichever clock
}
