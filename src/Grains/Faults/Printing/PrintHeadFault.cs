using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>print-head-fault</c>: with paper in, the printer's malfunction or overheating stands for a hold time, or comes
/// again and again within a day. A rush heats any head, so heat counts only at normal load. Gone when so many receipts
/// were printed without a failure, or after a day without one. Paper, cover and voltage have states of their own.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct PrintHeadFault : ITimedDetector
{
    private static readonly TimeSpan s_failuresFade = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_load = TimeSpan.FromMinutes(10);
    private const double LinesPerReceipt = 30;

    private Alarm _alarm;

    /// <summary>Since when it fails, Unix ms; 0 while it does not.</summary>
    private Moment _failsSinceMs;

    /// <summary>When it last failed.</summary>
    private Moment _failedAtMs;
    private Fading _failures;
    private Fading _receipts;

    /// <summary>Receipts printed since it last failed.</summary>
    private float _proof;
    private bool _isHeat;

    public static string Name => "print-head-fault";

    public readonly Alarm Alarm => _alarm;

    public readonly long DueAtMs(FaultLimits limits) => _alarm.IsRaised || _failsSinceMs == 0
        ? 0
        : _failsSinceMs + (long)limits.Printer.HeadHoldFor.TotalMilliseconds;

    public void Tick(in Hearing hearing)
    {
        if (DueAtMs(hearing.Limits) is > 0 and var dueAtMs && hearing.AtMs >= dueAtMs) Raise(hearing);
    }

    public void Hear(in Hearing hearing)
    {
        var printed = Printed(hearing);
        var load = _receipts.Add(printed, hearing.AtMs, s_load);
        _proof += (float)printed;
        if (hearing.Report.Printer is { } printer) Judge(printer, load, hearing);
        if (_alarm.IsRaised) ClearWhereProven(hearing);
        else if (_failures.Count >= hearing.Limits.Printer.HeadFailures - 0.5) Raise(hearing); // the first has faded a little when the last comes
        else Tick(hearing);
    }

    private void Judge(Printer printer, double load, in Hearing hearing)
    {
        var limits = hearing.Limits.Printer;
        var isHot = (printer.State == PrinterState.Overheat || printer.HeadCelsius >= limits.HotHeadCelsius) && load < limits.HeavyReceipts;
        var fails = (isHot || printer.State == PrinterState.Malfunction) && !hearing.IsRaised<PaperOut>();
        // Between two failures it must have been ready: a report without a state, or with an open cover, says nothing.
        var isReady = printer.State is PrinterState.Ok or PrinterState.Busy or PrinterState.PaperLow;
        if (fails)
        {
            _failures.Add(_failsSinceMs == 0 ? 1 : 0, hearing.AtMs, s_failuresFade);
            if (_failsSinceMs == 0 || hearing.AtMs < _failsSinceMs) _failsSinceMs = Math.Max(1, hearing.AtMs);
            (_failedAtMs, _proof, _isHeat) = (hearing.AtMs, 0, isHot);
        }
        else if (isReady) _failsSinceMs = 0;
    }

    private static double Printed(in Hearing hearing)
    {
        ref readonly var growth = ref hearing.Growth;
        if (growth.WentBack) return 0;
        return growth.Receipts > 0 ? growth.Receipts : growth.Cuts > 0 ? growth.Cuts : growth.Lines / LinesPerReceipt;
    }

    private void ClearWhereProven(in Hearing hearing)
    {
        var isQuiet = hearing.AtMs - _failedAtMs >= s_failuresFade.TotalMilliseconds;
        if (_failsSinceMs != 0 || (_proof < hearing.Limits.Printer.ReceiptsToProve && !isQuiet)) return;
        hearing.Clear(Name, ref _alarm, Evidence(hearing));
        _failures.Forget();
    }

    private void Raise(in Hearing hearing)
    {
        _proof = 0;
        hearing.Raise(Name, ref _alarm, Evidence(hearing));
    }

    private readonly ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("printerState", Text: Words.Text(hearing.Learned.Last.PrinterState ?? PrinterState.Unknown)));
        evidence.Add(new("sign", Text: _isHeat ? "heat at normal load" : "malfunction"));
        evidence.Add(new("failuresOfLastDay", Math.Round(_failures.Count)));
        if (_failsSinceMs != 0) evidence.Add(new("failsForSeconds", (hearing.AtMs - _failsSinceMs) / 1000));
        if (hearing.Report.Printer?.HeadCelsius is { } celsius) evidence.Add(new("headCelsius", celsius));
        if (_failsSinceMs == 0) evidence.Add(new("receiptsSince", Math.Floor(_proof)));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _failsSinceMs);
        codec.Field(ref _failedAtMs);
        _failures.Codec(ref codec);
        _receipts.Codec(ref codec);
        codec.Field(ref _proof);
        codec.Field(ref _isHeat);
    }
}
