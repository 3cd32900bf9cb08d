using Fleet.Grains.Reports;

namespace Fleet.Grains.Terminals;

/// <summary>What a report is to a terminal that may send again what it sent, and send late what it stored.</summary>
internal enum Arrival : byte
{
    /// <summary>The newest: it moves the state.</summary>
    New,
    /// <summary>Not seen before, but older than the newest: it counts and changes nothing else.</summary>
    Late,
    /// <summary>The same, of a numbering and a clock that go on: what it alone carried within the last minute is not lost (<see cref="Arrivals.Left"/>).</summary>
    Overtaken,
    /// <summary>Seen before.</summary>
    Duplicate,
}

/// <summary>
/// Tells new reports from late ones and duplicates (QoS 1 redelivery, stored reports, journal replay).
/// <para>
/// A report is known by its sequence number. One later than the newest is new; where its number is not above the
/// highest, the terminal's numbering began again. The numbers of the numbering before are kept for one restart, so
/// that a replay across it counts nothing twice. Where numbers go on and times do not, the clock was set back: once two
/// such reports came at the pace of their times, as stored ones do not, they are new again. A report without a number is known only by its place in the journal:
/// a replay of the journal is recognised, a redelivery by the terminal is not.
/// </para>
/// </summary>
internal struct Arrivals : IPart
{
    private SequenceWindow _current;
    private long _highestOrdinal;
    private long _newestAtMs;
    private long _newestSeq;
    private long _reports;
    private long _seqSum;
    private uint _late;
    private uint _duplicates;

    /// <summary>See <see cref="Terminals.Carried"/>.</summary>
    private uint _carried;
    private bool _any;
    private bool _newestHasSeq;

    /// <summary>What only a terminal needs whose numbering began again, or whose times go back; others have none.</summary>
    private Irregular? _irregular;

    private sealed class Irregular
    {
        public SequenceWindow Previous;

        /// <summary>Time of the first report of the current numbering.</summary>
        public long RestartedAtMs;

        /// <summary>The last report with a higher number and an older time than any, and when it came; 0 for none.</summary>
        public long StrayAtMs;
        public long StrayReceivedAtMs;

        /// <summary>The newest time before the clock was set back, until the clock is past it again; 0 otherwise.</summary>
        public long SetBackFromMs;
    }

    private static readonly Irregular s_regular = new();

    public static string Name => "arrivals";

    public readonly bool Any => _any;
    public readonly long NewestAtMs => _newestAtMs;
    public readonly long NewestSeq => _newestSeq;
    public readonly long Reports => _reports;
    public readonly long SeqSum => _seqSum;
    public readonly long Late => _late;
    public readonly long Duplicates => _duplicates;

    /// <summary>Judges a report and counts it.</summary>
    public Arrival Take(Report report)
    {
        var isAbove = report.HasSeq && report.Seq > _current.Highest;
        var isDuplicate = report.HasSeq ? !TakeNumber(report.Seq, report.AtMs) : !TakeOrdinal(report.Seq, report.AtMs);
        if (isDuplicate)
        {
            _duplicates++;
            return Arrival.Duplicate;
        }
        _reports++;
        _seqSum = unchecked(_seqSum + report.Seq);
        if (IsLate(report, isAbove) && !(isAbove && IsSetBack(report)))
        {
            _late++;
            return isAbove || IsFromBeforeSetBack(report.AtMs, isAbove) ? Arrival.Late : Arrival.Overtaken;
        }
        _carried = Carried.By(_carried, report, _newestAtMs);
        (_any, _newestAtMs, _newestSeq, _newestHasSeq) = (true, report.AtMs, report.Seq, report.HasSeq);
        if (_irregular is { } irregular)
        {
            (irregular.StrayAtMs, irregular.StrayReceivedAtMs) = (0, 0);
            if (_newestAtMs > irregular.SetBackFromMs) irregular.SetBackFromMs = 0;
        }
        return Arrival.New;
    }

    /// <summary>Of an overtaken report what nothing newer carried, as of the newest time; null for nothing.</summary>
    public Report? Left(Report overtaken) => Carried.Left(ref _carried, overtaken, _newestAtMs);

    private readonly bool IsLate(Report report, bool isAbove) => _any
        && (report.AtMs < _newestAtMs
            || IsFromBeforeSetBack(report.AtMs, isAbove)
            || (report.AtMs == _newestAtMs && report.HasSeq && _newestHasSeq && report.Seq < _newestSeq));

    /// <summary>Above every number, older than the newest: live where it came as long after the one before as it was written after it.</summary>
    private bool IsSetBack(Report report)
    {
        var irregular = _irregular ??= new();
        var (writtenMs, cameMs) = (report.AtMs - irregular.StrayAtMs, report.ReceivedAtMs - irregular.StrayReceivedAtMs);
        var isLive = irregular.StrayReceivedAtMs != 0 && cameMs > 0 && writtenMs >= cameMs / 2 && writtenMs <= 2 * cameMs;
        (irregular.StrayAtMs, irregular.StrayReceivedAtMs) = (report.AtMs, report.ReceivedAtMs);
        if (!isLive) return false;
        irregular.SetBackFromMs = Math.Max(irregular.SetBackFromMs, _newestAtMs);
        irregular.RestartedAtMs = Math.Min(irregular.RestartedAtMs, report.AtMs);
        return true;
    }

    /// <summary>What was written before the clock was set back looks newer than what came since.</summary>
    private readonly bool IsFromBeforeSetBack(long atMs, bool isAbove) => !isAbove && _irregular is { } irregular && atMs <= irregular.SetBackFromMs;

    private bool TakeNumber(long seq, long atMs)
    {
        if (!_any || (atMs > _newestAtMs && !IsFromBeforeSetBack(atMs, seq > _current.Highest)))
        {
            if (seq <= _current.Highest)
            {
                _irregular ??= new();
                (_irregular.Previous, _current, _irregular.RestartedAtMs) = (_current, default, atMs);
            }
            _current.Mark(seq);
            return true;
        }
        // A number above all of the current numbering, from before its first report, is of the numbering it is nearer to.
        ref var window = ref _current;
        if (_irregular is { } irregular && atMs < irregular.RestartedAtMs)
        {
            if (Math.Abs(seq - irregular.Previous.Highest) < seq - _current.Highest) window = ref irregular.Previous;
            if (irregular.Previous.Contains(seq)) return false;
        }
        if (window.IsPast(seq) || window.Contains(seq)) return false;
        window.Mark(seq);
        return true;
    }

    private bool TakeOrdinal(long ordinal, long atMs)
    {
        if (_any && atMs <= _newestAtMs && ordinal <= _highestOrdinal) return false;
        _highestOrdinal = Math.Max(_highestOrdinal, ordinal);
        return true;
    }

    public void Codec(ref StateCodec codec)
    {
        var irregular = _irregular ?? (codec.Reads ? new() : s_regular);
        _current.Codec(ref codec);
        irregular.Previous.Codec(ref codec);
        codec.Field(ref irregular.RestartedAtMs);
        codec.Field(ref _highestOrdinal);
        codec.Field(ref _any);
        codec.Field(ref _newestHasSeq);
        codec.Field(ref _newestAtMs);
        codec.Field(ref _newestSeq);
        codec.Field(ref _reports);
        codec.Field(ref _seqSum);
        codec.Field(ref _late);
        codec.Field(ref _duplicates);
        codec.Field(ref irregular.StrayAtMs);
        codec.Field(ref irregular.StrayReceivedAtMs);
        codec.Field(ref irregular.SetBackFromMs);
        codec.Field(ref _carried);
        if (irregular.RestartedAtMs != 0 || irregular.StrayReceivedAtMs != 0 || irregular.SetBackFromMs != 0) _irregular = irregular;
    }
}
