using System.Buffers;
using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests;

/// <summary>
/// Tells what a terminal does and asks what was found: <c>story.At(120).Reports(r => …).Raises("weak-signal")</c>.
/// Times are seconds from <see cref="Start"/>; each report has the next number unless the story says otherwise.
/// </summary>
internal sealed class Story
{
    public const long Start = 1_790_000_000_000;

    private readonly List<Finding> _findings = [];
    private double _atSeconds;
    private long _seq;

    public Terminal Terminal { get; private set; } = new("T1");
    public TerminalView View => Terminal.View();
    public Finding Last { get; private set; } = null!;

    public static long Ms(double seconds) => Start + (long)(seconds * 1000);

    public Story Judges(FaultLimits limits, TerminalProfile? profile = null)
    {
        (Terminal.Limits, Terminal.Profile) = (limits, profile ?? TerminalProfile.Unknown);
        return this;
    }

    public Story At(double seconds)
    {
        _atSeconds = seconds;
        return this;
    }

    /// <param name="offSeconds">By how much the terminal's clock is ahead.</param>
    public Story Reports(Action<Report>? with = null, double offSeconds = 0) => Hears(Some.Report(++_seq, _atSeconds, with, offSeconds));

    public Story Hears(Report report, double? arrivedAtSeconds = null) =>
        Apply(new Input(InputKind.Report, Ms(arrivedAtSeconds ?? _atSeconds), report));

    public Story GoesOnline(long session = 0) => Apply(new Input(InputKind.Online, Ms(_atSeconds), Session: session));

    public Story GoesOffline(long session = 0) => Apply(new Input(InputKind.Offline, Ms(_atSeconds), Session: session));

    public Story IsRefused(Refusal refusal, long ordinal = 0) => Apply(new Input(InputKind.Refused, Ms(_atSeconds), Refusal: refusal, Ordinal: ordinal));

    public Story IsSilentSince(double seconds) => Apply(new Input(InputKind.Tick, Ms(_atSeconds), HeardAtMs: Ms(seconds)));

    /// <summary>Time passes up to now without a word of the terminal, and its shard says so if it was asked to.</summary>
    public Story HearsNothing() =>
        Terminal.DueAtMs is > 0 and var dueAtMs && dueAtMs <= Ms(_atSeconds)
            ? Apply(new Input(InputKind.Tick, Ms(_atSeconds), HeardAtMs: Terminal.HeardAtMs))
            : this;

    public Story IsStoredAndLoaded()
    {
        Terminal = Terminal.Load("T1", Saved(Terminal));
        return this;
    }

    public Story Raises(string fault) => Found((fault, FindingKind.Raised));

    public Story Changes(string fault) => Found((fault, FindingKind.Changed));

    public Story Clears(string fault) => Found((fault, FindingKind.Cleared));

    public Story Foresees(string fault) => Found((fault, FindingKind.Foreseen));

    public Story Withdraws(string fault) => Found((fault, FindingKind.Withdrawn));

    public Story FindsNothing() => Found();

    /// <summary>Whatever else was found: nothing of this fault.</summary>
    public Story FindsNothingOf(string fault)
    {
        Assert.DoesNotContain(fault, _findings.Select(finding => finding.Fault));
        _findings.Clear();
        return this;
    }

    public Story Found(params (string, FindingKind)[] expected)
    {
        Assert.Equal(expected, _findings.Select(finding => (finding.Fault, finding.Kind)));
        if (_findings.Count > 0) Last = _findings[^1];
        _findings.Clear();
        return this;
    }

    public object? Evidence(string name)
    {
        var evidence = Last.Evidence.Single(evidence => evidence.Name == name);
        return evidence.Text ?? (object?)evidence.Number;
    }

    public static byte[] Saved(Terminal terminal)
    {
        var to = new ArrayBufferWriter<byte>();
        terminal.Save(to);
        return to.WrittenSpan.ToArray();
    }

    private Story Apply(Input input)
    {
        Terminal.Apply(input, _findings);
        return this;
    }
}

/// <summary>Reports that are valid by default.</summary>
internal static class Some
{
    public static Report Report(long seq, double atSeconds, Action<Report>? with = null, double offSeconds = 0)
    {
        var report = new Report { Serial = "T1", ReceivedAtMs = Story.Ms(atSeconds), AtMs = Story.Ms(atSeconds + offSeconds), Seq = seq, HasSeq = true };
        with?.Invoke(report);
        return report;
    }

    public static Action<Report> Lte(double? rsrp = null, double? snr = null) =>
        report => report.Signal = new() { Link = Link.Cellular, Rat = Rat.Lte, RsrpDbm = rsrp, SnrDb = snr };

    public static Action<Report> Swipes(long ok, long failed, long? cards, long unreadable = 0) =>
        report => report.Reader = new() { Swipe = new() { Ok = ok, Failed = failed, Unreadable = unreadable, Cards = cards } };

    public static Action<Report> Paper(double? paper, long? receipts = null, PrinterState? state = PrinterState.Ok) => report =>
    {
        report.Printer = new() { State = state, Paper = paper };
        if (receipts is not null) report.Payment = new() { Receipts = receipts };
    };

    public static Action<Report> AllReaders(long ok, long failed, long? cards) => report =>
    {
        Reads Reads() => new() { Ok = ok, Failed = failed, Cards = cards };
        report.Reader = new() { Swipe = Reads(), Chip = Reads(), Tap = Reads() };
    };

    public static Action<Report> Payments(long? approved, long? receipts, long declined, long unsent) => report => report.Payment = new()
    {
        Approved = approved,
        Receipts = receipts,
        Unsent = unsent,
        Voids = declined,
        Refunds = declined,
        Declined = [new("51", declined), new("55", declined), new("61", declined), new("75", declined), new("91", declined), new("05", declined)],
    };

    public static Action<Report> Security(double? latitude, double? accuracyMetres, bool isTampered, bool isLocked) => report => report.Security = new()
    {
        Latitude = latitude,
        Longitude = latitude,
        AccuracyMetres = accuracyMetres,
        Tamper = isTampered,
        PasswordLocked = isLocked,
    };

    public static Action<Report> Sim(SimState state, int card) =>
        report => report.Signal = new() { Sim = state, Iccid = $"8986000000000000{card:D4}", Cell = $"460-00-1-{card}" };
}
