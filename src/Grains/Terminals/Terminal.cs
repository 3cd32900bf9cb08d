using System.Buffers;
using Fleet.Grains.Faults;
using Fleet.Grains.Learning;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;

namespace Fleet.Grains.Terminals;

/// <summary>
/// The terminal itself: pure. Inputs change its state and yield findings; it has no clock, no log and no store.
/// </summary>
public sealed class Terminal(string serial, FaultLimits? limits = null)
{
    /// <summary>Of the state's frame; what the parts in it may change is said at <see cref="IPart"/>.</summary>
    private const int StateVersion = 3;

    private static readonly Report s_nothing = new() { Serial = "" };

    private Arrivals _arrivals;
    private SessionState _session;
    private Offline _offline;
    private Learned _learned;
    private Detectors _detectors;
    private UsualShares _usual;
    private RuleWatch _ruleWatch;

    /// <summary>The operator's rules for it and the zone they are in; null for none.</summary>
    private LocalRules? _rules;

    public string Serial => serial;

    /// <summary>What the registry says of it.</summary>
    public TerminalProfile Profile { get; set; } = TerminalProfile.Unknown;

    internal bool IsRegistered => Profile.Merchant is not null;

    /// <summary>Whether nothing newer than this report was heard: it is what the terminal says now.</summary>
    internal bool IsNewest(Report report) => report.AtMs == _arrivals.NewestAtMs;

    /// <summary>The thresholds it is judged by.</summary>
    public FaultLimits Limits { get; set; } = limits ?? FaultLimits.Default;

    /// <summary>Whether it hardly ever runs on its battery, as far as it is known.</summary>
    internal bool StandsOnMains => _detectors.StandsOnMains(Limits);

    internal ref readonly Learned Learned => ref _learned;
    internal ref UsualShares Usual => ref _usual;
    internal Forecast? CleaningDue => _detectors.CleaningDue(Limits);

    /// <summary>When it wants to be told that time has passed and nothing was heard, Unix ms; 0 for not at all.</summary>
    public long DueAtMs
    {
        get
        {
            return Sooner(SilentAtMs, Sooner(_detectors.DueAtMs(Limits), _rules is null ? 0 : _ruleWatch.DueAtMs(_rules.All, _rules.Zone)));

            static long Sooner(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);
        }
    }

    /// <summary>When silence becomes a fault, Unix ms; 0 while nothing was ever heard, or it is known to be silent or not to start.</summary>
    internal long SilentAtMs => IsRaised<NoStart>() ? 0 : _offline.SilentAtMs(Limits.Offline, _learned.Hours, Profile);

    /// <summary>How long after it was last heard silence becomes a fault while it trades, ms; 0 while nothing was ever heard or it is known to be silent.</summary>
    public long SilentAfterMs => _offline.SilentAfterMs(Limits.Offline);

    /// <summary>When it was last heard (arrival time), Unix ms; 0 for never.</summary>
    public long HeardAtMs => _offline.HeardAtMs;

    internal int IntervalSeconds => _offline.IntervalSeconds(Limits.Offline);

    /// <summary>Applies one input; findings are added to <paramref name="findings"/> in order.</summary>
    public void Apply(in Input input, List<Finding> findings)
    {
        var nothing = default(Growth);
        var hearing = new Hearing(this, s_nothing, nothing, input.AtMs, findings);
        switch (input.Kind)
        {
            case InputKind.Report:
                Hear(input.Report ?? throw new ArgumentException("An input of kind Report has no report.", nameof(input)), hearing, findings);
                break;
            case InputKind.Online:
                if (_session.Concerns(input))
                {
                    if (_session.Note(connected: true, input.AtMs)) _learned.HearReturn(input.AtMs);
                    if (_session.IsConnected) _offline.BeginSession();
                }
                _offline.HearAnything(hearing);
                break;
            case InputKind.Offline:
                if (!_session.Concerns(input)) break;
                _session.Note(connected: false, input.AtMs);
                _offline.EndSession(input.AtMs);
                break;
            case InputKind.Tick:
                if (!_offline.HearNothing(input.HeardAtMs)) break;
                if (SilentAtMs is > 0 and var silentAtMs && input.AtMs >= silentAtMs) _session.GiveUp();
                _detectors.Tick(hearing); // they may know why it is silent
                _offline.Tick(hearing);
                if (_rules is not null) _ruleWatch.Tick(hearing, _rules.All, _rules.Zone);
                break;
            case InputKind.Refused:
                _offline.HearAnything(hearing); // who talks nonsense is there
                _detectors.HearRefused(hearing, input);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input.Kind, "No such kind of input.");
        }
    }

    private void Hear(Report report, in Hearing arrived, List<Finding> findings)
    {
        var arrival = _arrivals.Take(report);
        if (arrival == Arrival.Duplicate) return;
        _offline.HearAnything(arrived);
        if (arrival != Arrival.New)
        {
            if (arrival != Arrival.Overtaken || _arrivals.Left(report) is not { } left) return;
            report = left;
        }

        report = _detectors.Complete(report, Limits.ErrorCode.Codes);
        var growth = _learned.Hear(report, Limits, Profile);
        var hearing = new Hearing(this, report, growth, report.AtMs + _learned.Clock.SkewMs, findings);
        _offline.Hear(hearing);
        _detectors.Hear(hearing);
        if (_rules is not null) _ruleWatch.Hear(hearing, _rules.All, _rules.Zone);
    }

    /// <summary>The operator's rules that stand from now on; the alarms of those that do not any more are cleared.</summary>
    /// <param name="atMs">Now, Unix ms.</param>
    public void Follow(RuleSet rules, long atMs, List<Finding> findings)
    {
        _rules = rules.For(serial, Profile);
        var nothing = default(Growth);
        _ruleWatch.Change(new Hearing(this, s_nothing, nothing, atMs, findings), _rules?.All ?? []);
    }

    internal bool IsRaised<TDetector>() where TDetector : struct, IDetector =>
        typeof(TDetector) == typeof(Offline) ? _offline.Alarm.IsRaised : _detectors.IsRaised<TDetector>();

    /// <summary>The codes of the faults and rules that are raised.</summary>
    internal List<string> OpenFaults()
    {
        var open = new List<string>();
        if (_offline.Alarm.IsRaised) open.Add(Offline.Name);
        _detectors.Open(open);
        _ruleWatch.Open(open);
        return open;
    }

    public TerminalView View()
    {
        return _learned.Onto(new TerminalView
        {
            Serial = serial,
            LastAtMs = _arrivals.NewestAtMs,
            LastSeq = _arrivals.NewestSeq,
            Reports = _arrivals.Reports,
            SeqSum = _arrivals.SeqSum,
            Late = _arrivals.Late,
            Duplicates = _arrivals.Duplicates,
            Connected = _session.IsConnected,
            OpenFaults = [.. OpenFaults()],
            ReaderCleaning = CleaningDue,
            UsualRsrpDbm = _usual.RsrpDbm,
        }, Limits);
    }

    /// <summary>Writes the state: the frame's version, then its parts; under 1 KiB.</summary>
    public void Save(IBufferWriter<byte> to)
    {
        var codec = new StateCodec(to);
        var version = StateVersion;
        codec.Field(ref version);
        var writer = new Parts.Writer(to);
        EachPart(ref writer);
    }

    /// <summary>Reads a state that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is of a version this program does not know, or is not whole.</exception>
    public static Terminal Load(string serial, ReadOnlyMemory<byte> state, FaultLimits? limits = null)
    {
        var codec = new StateCodec(state.Span);
        var version = 0;
        codec.Field(ref version);
        if (version != StateVersion)
            throw new InvalidDataException($"The state of terminal {serial} is of version {version}; this program reads version {StateVersion}.");
        var terminal = new Terminal(serial, limits);
        var reader = new Parts.Reader(state[^codec.Rest.Length..]);
        terminal.EachPart(ref reader);
        return terminal;
    }

    private void EachPart<TVisitor>(ref TVisitor visitor) where TVisitor : struct, IPartVisitor
    {
        visitor.Visit(ref _arrivals);
        visitor.Visit(ref _session);
        visitor.Visit(ref _offline);
        _learned.EachPart(ref visitor);
        _detectors.EachPart(ref visitor);
        visitor.Visit(ref _usual);
        visitor.Visit(ref _ruleWatch);
    }
}
