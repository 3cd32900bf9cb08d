using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>paper-out</c>: the printer says so. At once, since a printer's state is definite. Gone when the printer is ready
/// with paper; an open cover or an unknown state keeps it, for that is how a roll is changed.
/// </summary>
internal struct PaperOut : IDetector
{
    private Alarm _alarm;

    public static string Name => "paper-out";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Printer is not { State: { } state } printer) return;
        // The near-end sensor sees paper, too.
        var isReady = state is PrinterState.Ok or PrinterState.Busy or PrinterState.PaperLow;
        if (!_alarm.IsRaised && state == PrinterState.PaperOut) hearing.Raise(Name, ref _alarm, Evidence(printer));
        else if (_alarm.IsRaised && isReady && printer.Paper is (null or > 0)) hearing.Clear(Name, ref _alarm, Evidence(printer));
    }

    private static ImmutableArray<Evidence> Evidence(Printer printer) => printer.Paper is { } paper
        ? [new("printerState", Text: Words.Text(printer.State!.Value)), new("paperPercent", Math.Round(100 * paper))]
        : [new("printerState", Text: Words.Text(printer.State!.Value))];

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
