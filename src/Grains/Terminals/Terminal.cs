using System.Buffers;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains.Terminals;

/// <summary>
/// The terminal itself: pure. Inputs change its state and yield findings; it has no clock, no log and no store.
/// </summary>
public sealed class Terminal(string serial, FaultLimits? limits = null)
{
    /// <summary>Raise it with every change of what <see cref="Codec"/> writes, and keep reading the versions before.</summary>
    private const int StateVersion = 2;

    private readonly FaultLimits _limits = limits ?? FaultLimits.Default;
    private Arrivals _arrivals;
    private LastKnown _last;
    private bool _connected;
    private long _sessionAtMs, _session;
    private Offline _offline;
    private WeakSignal _weakSignal;
    private CardReading _swipe;
    private Roll _roll;
    private PaperOut _paperOut;
    private PaperLow _paperLow;

    public string Serial => serial;

    /// <summary>When it counts as silent if nothing more is heard, Unix ms; 0 while nothing was ever heard or it is known to be silent.</summary>
    public long SilentAtMs => _offline.SilentAtMs(_limits.Offline);

    /// <summary>When it was last heard (arrival time), Unix ms; 0 for never.</summary>
    public long HeardAtMs => _offline.HeardAtMs;

    /// <summary>Applies one input; findings are added to <paramref name="findings"/> in order.</summary>
    public void Apply(in Input input, List<Finding> findings)
    {
        switch (input.Kind)
        {
            case InputKind.Report:
                Hear(input.Report ?? throw new ArgumentException("An input of kind Report has no report.", nameof(input)), input.AtMs, findings);
                break;
            case InputKind.Online:
                if (Concerns(input)) Note(connected: true, input.AtMs);
                HearAnything(input.AtMs, findings);
                break;
            case InputKind.Offline:
                if (!Concerns(input)) break;
                Note(connected: false, input.AtMs);
                _offline.EndSession(input.AtMs);
                break;
            case InputKind.Silent:
                Miss(input.HeardAtMs, input.AtMs, findings);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input.Kind, "No such kind of input.");
        }
    }

    private void Hear(Report report, long arrivedAtMs, List<Finding> findings)
    {
        var arrival = _arrivals.Take(report);
        if (arrival == Arrival.Duplicate) return;
        HearAnything(arrivedAtMs, findings);
        if (arrival == Arrival.Late) return;

        var hearing = new Hearing(serial, report.AtMs, findings);
        _last.Note(report);
        _offline.Expect(report.Heartbeat?.IntervalSeconds);
        HearSignal(report.Signal, hearing);
        _swipe.Hear(report.Reader?.Swipe, "swipe", hearing, _limits);
        HearPaper(report, hearing);
    }

    private void HearAnything(long arrivedAtMs, List<Finding> findings)
    {
        var heardBeforeMs = _offline.HeardAtMs;
        if (_offline.Hear(arrivedAtMs) is { } kind)
        {
            new Hearing(serial, arrivedAtMs, findings)
                .Say(FaultCodes.Offline, kind, _offline.Alarm, _offline.Evidence(heardBeforeMs, arrivedAtMs, _limits.Offline));
        }
    }

    private void Miss(long heardAtMs, long atMs, List<Finding> findings)
    {
        if (_offline.Silent(heardAtMs, atMs, _limits.Offline) is { } kind)
        {
            _connected = false; // its node may have died without telling
            new Hearing(serial, atMs, findings)
                .Say(FaultCodes.Offline, kind, _offline.Alarm, _offline.Evidence(heardAtMs, atMs, _limits.Offline));
        }
    }

    /// <summary>
    /// Whether a session fact is of the newest session: the end of one that was replaced, noticed late on another
    /// node or told by its last will, says nothing of the terminal.
    /// </summary>
    private bool Concerns(in Input input)
    {
        if (input.Session == 0) return true;
        if (input.Session < _session) return false;
        _session = input.Session;
        return true;
    }

    /// <summary>Session facts come from several journals in a replay: an older one does not undo a newer one.</summary>
    private void Note(bool connected, long atMs)
    {
        if (atMs >= _sessionAtMs) (_connected, _sessionAtMs) = (connected, atMs);
    }

    private void HearSignal(Signal? signal, in Hearing hearing)
    {
        if (signal is not null && _weakSignal.Hear(signal, hearing.AtMs, _limits.WeakSignal) is { } kind)
            hearing.Say(FaultCodes.WeakSignal, kind, _weakSignal.Alarm, _weakSignal.Evidence(signal, hearing.AtMs));
    }

    private void HearPaper(Report report, in Hearing hearing)
    {
        var isNewRoll = _roll.Hear(report.Printer, report.Payment, _limits.Paper);
        if (_paperOut.Hear(report.Printer, hearing.AtMs) is { } paperOut)
            hearing.Say(FaultCodes.PaperOut, paperOut, _paperOut.Alarm, PaperOut.Evidence(report.Printer!));

        var paperLow = _paperOut.Alarm.IsRaised ? _paperLow.GiveWay()
            : report.Printer?.Paper is not null ? _paperLow.Hear(_roll, isNewRoll, hearing.AtMs, _limits.Paper)
            : null;
        if (paperLow is { } kind)
            hearing.Say(FaultCodes.PaperLow, kind, _paperLow.Alarm, PaperLow.Evidence(_roll, _limits.Paper));
    }

    public TerminalView View() => _last.Onto(new TerminalView
    {
        Serial = serial,
        LastAtMs = _arrivals.NewestAtMs,
        LastSeq = _arrivals.NewestSeq,
        Reports = _arrivals.Reports,
        SeqSum = _arrivals.SeqSum,
        Late = _arrivals.Late,
        Duplicates = _arrivals.Duplicates,
        Connected = _connected,
        OpenFaults = [.. OpenFaults()],
        ReceiptsLeft = _roll.ReceiptsLeft(_limits.Paper) is { } left ? Math.Floor(left) : null,
        SignalClass = SignalClasses.Text(_weakSignal.Class),
        Paper = _roll.Paper,
    });

    private IEnumerable<string> OpenFaults()
    {
        if (_offline.Alarm.IsRaised) yield return FaultCodes.Offline;
        if (_weakSignal.Alarm.IsRaised) yield return FaultCodes.WeakSignal;
        if (_swipe.IsFaulty) yield return FaultCodes.ReaderFault;
        if (_swipe.HasBadCard) yield return FaultCodes.BadCard;
        if (_paperOut.Alarm.IsRaised) yield return FaultCodes.PaperOut;
        if (_paperLow.Alarm.IsRaised) yield return FaultCodes.PaperLow;
    }

    /// <summary>Writes the state, versioned; under 1 KiB.</summary>
    public void Save(IBufferWriter<byte> to)
    {
        var codec = new StateCodec(to);
        var version = StateVersion;
        codec.Field(ref version);
        Codec(ref codec, version);
    }

    /// <summary>Reads a state that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is of a version this program does not know, or is not whole.</exception>
    public static Terminal Load(string serial, ReadOnlySpan<byte> state, FaultLimits? limits = null)
    {
        var codec = new StateCodec(state);
        var version = 0;
        codec.Field(ref version);
        if (version is < 1 or > StateVersion)
            throw new InvalidDataException($"The state of terminal {serial} is of version {version}; this program reads versions 1 to {StateVersion}.");
        var terminal = new Terminal(serial, limits);
        terminal.Codec(ref codec, version);
        if (!codec.AtEnd) throw new InvalidDataException($"The state of terminal {serial} goes on after its end.");
        return terminal;
    }

    private void Codec(ref StateCodec codec, int version)
    {
        _arrivals.Codec(ref codec);
        _last.Codec(ref codec);
        codec.Field(ref _connected);
        codec.Field(ref _sessionAtMs);
        if (version >= 2) codec.Field(ref _session);
        _offline.Codec(ref codec);
        _weakSignal.Codec(ref codec);
        _swipe.Codec(ref codec);
        _roll.Codec(ref codec);
        _paperOut.Codec(ref codec);
        _paperLow.Codec(ref codec);
    }
}
