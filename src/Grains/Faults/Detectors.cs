using System.Runtime.CompilerServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// All detectors of a terminal, by what goes wrong at the counter. A new one gets a line in its area, and a field
/// there, or in <see cref="Suspicions"/> where it knows nothing while nothing is wrong.
/// They are asked in this order, so one that another gives way to stands before it.
/// </summary>
internal struct Detectors
{
    private PowerFaults _power;
    private NetworkFaults _network;
    private CardFaults _cards;
    private PrintingFaults _printing;
    private SoftwareFaults _software;
    private SafetyFaults _safety;
    private StrongBox<Suspicions>? _suspicions;

    private void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        ref var suspicions = ref (_suspicions ?? Suspicions.AtRest).Value;
        _power.Each(ref visitor, ref suspicions);
        _network.Each(ref visitor, ref suspicions);
        _cards.Each(ref visitor, ref suspicions);
        _printing.Each(ref visitor, ref suspicions);
        _software.Each(ref visitor, ref suspicions);
        _safety.Each(ref visitor, ref suspicions);
    }

    public void Hear(in Hearing hearing)
    {
        var visitor = new Hearer(hearing);
        EachMayChange(ref visitor);
    }

    /// <summary>The report with what its vendor's codes say in place of fields that it leaves out; <see cref="Hear"/> follows, and keeps what it woke.</summary>
    public Report Complete(Report report, ErrorCodes codes)
    {
        if (_suspicions is null && report.System?.Errors is not { Length: > 0 }) return report;
        _suspicions ??= Suspicions.Take();
        return _suspicions.Value.ErrorCode.Complete(report, codes);
    }

    /// <summary>Something of it was refused: one of them counts that.</summary>
    public void HearRefused(in Hearing hearing, in Input input)
    {
        _suspicions ??= Suspicions.Take();
        _suspicions.Value.BadReports.HearRefused(hearing, input);
        _suspicions = Suspicions.Keep(_suspicions);
    }

    public void Tick(in Hearing hearing)
    {
        var visitor = new Ticker(hearing);
        EachMayChange(ref visitor);
    }

    /// <summary>When the first of them wants to be told that time has passed, Unix ms; 0 for none.</summary>
    public long DueAtMs(FaultLimits limits)
    {
        var visitor = new Due(limits);
        Each(ref visitor);
        return visitor.AtMs;
    }

    /// <summary>When a reader wants cleaning; null where nothing says so.</summary>
    public readonly Forecast? CleaningDue(FaultLimits limits) => _cards.CleaningDue((_suspicions ?? Suspicions.AtRest).Value.ReaderCleaning, limits);

    /// <summary>Whether the terminal stands on mains, and is not carried around.</summary>
    public readonly bool StandsOnMains(FaultLimits limits) => _power.StandsOnMains(limits);

    /// <summary>Adds the codes of the faults that are raised.</summary>
    public void Open(List<string> codes)
    {
        var visitor = new Opened(codes);
        Each(ref visitor);
    }

    public bool IsRaised<TDetector>() where TDetector : struct, IDetector
    {
        var visitor = new Asked<TDetector>();
        Each(ref visitor);
        return visitor.IsRaised;
    }

    public void EachPart<TVisitor>(ref TVisitor parts) where TVisitor : struct, IPartVisitor
    {
        var visitor = new AsPart<TVisitor>(ref parts);
        EachMayChange(ref visitor);
    }

    private void EachMayChange<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        _suspicions ??= Suspicions.Take();
        Each(ref visitor);
        _suspicions = Suspicions.Keep(_suspicions);
    }

    private readonly ref struct Hearer(Hearing hearing) : IDetectorVisitor
    {
        private readonly Hearing _hearing = hearing;

        public void Visit<T>(ref T detector) where T : struct, IDetector => detector.Hear(_hearing);
        public void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector => detector.Hear(_hearing);
    }

    private readonly ref struct Ticker(Hearing hearing) : IDetectorVisitor
    {
        private readonly Hearing _hearing = hearing;

        public void Visit<T>(ref T detector) where T : struct, IDetector { }
        public void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector => detector.Tick(_hearing);
    }

    private struct Due(FaultLimits limits) : IDetectorVisitor
    {
        public long AtMs { get; private set; }

        public readonly void Visit<T>(ref T detector) where T : struct, IDetector { }

        public void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector
        {
            var atMs = detector.DueAtMs(limits);
            if (atMs != 0 && (AtMs == 0 || atMs < AtMs)) AtMs = atMs;
        }
    }

    private readonly struct Opened(List<string> codes) : IDetectorVisitor
    {
        public void Visit<T>(ref T detector) where T : struct, IDetector
        {
            if (detector.Alarm.IsRaised) codes.Add(T.Name);
        }

        public void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector => Visit(ref detector);
    }

    private struct Asked<TDetector> : IDetectorVisitor
    {
        public bool IsRaised { get; private set; }

        public void Visit<T>(ref T detector) where T : struct, IDetector
        {
            if (typeof(T) == typeof(TDetector)) IsRaised = detector.Alarm.IsRaised;
        }

        public void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector => Visit(ref detector);
    }

    private readonly ref struct AsPart<TVisitor>(ref TVisitor parts) : IDetectorVisitor where TVisitor : struct, IPartVisitor
    {
        private readonly ref TVisitor _parts = ref parts;

        public void Visit<T>(ref T detector) where T : struct, IDetector => _parts.Visit(ref detector);
        public void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector => _parts.Visit(ref detector);
    }
}
