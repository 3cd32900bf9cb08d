using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>cover-open</c>: the printer says so for a hold time that may end without another message. A roll change opens the
/// cover for a moment; when the paper was out, that is the message; and at night it waits for the opening.
/// </summary>
internal struct CoverOpen : ITimedDetector
{
    private HeldAlarm _alarm;

    public static string Name => "cover-open";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Printer?.State is { } state && state != PrinterState.Unknown)
        {
            var isOpen = state == PrinterState.CoverOpen;
            var mayBeSaid = _alarm.IsRaised || (!hearing.IsRaised<PaperOut>() && hearing.Learned.Hours.IsOpen(hearing.AtMs));
            _alarm.See(isOpen && mayBeSaid, hearing.AtMs);
        }
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.Printer.CoverHoldFor, TimeSpan.Zero);

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs == 0 || hearing.AtMs < dueAtMs) return;
        var state = hearing.Learned.Last.PrinterState ?? PrinterState.Unknown;
        ImmutableArray<Evidence> evidence = _alarm.IsRaised
            ? [new("printerState", Text: Words.Text(state)), new("openSeconds", (hearing.AtMs - Alarm.RaisedAtMs) / 1000)]
            : [new("printerState", Text: Words.Text(state)), new("openSeconds", _alarm.HeldSeconds(hearing.AtMs))];
        _alarm.Turn(Name, hearing, evidence);
    }

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
