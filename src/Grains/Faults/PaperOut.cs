using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>paper-out</c>: the printer says so. At once, since a printer's state is definite. Gone when the printer is ready
/// with paper; an open cover or an unknown state keeps it, for that is how a roll is changed.
/// </summary>
internal struct PaperOut
{
    private Alarm _alarm;

    public readonly Alarm Alarm => _alarm;

    public FindingKind? Hear(Printer? printer, long atMs)
    {
        if (printer?.State is not { } state) return null;
        if (!_alarm.IsRaised) return state == PrinterState.PaperOut ? _alarm.Raise(atMs) : null;
        // The near-end sensor sees paper, too.
        var isReady = state is PrinterState.Ok or PrinterState.Busy or PrinterState.PaperLow;
        return isReady && printer.Paper is null or > 0 ? _alarm.Clear() : null;
    }

    public static ImmutableArray<Evidence> Evidence(Printer printer) => printer.Paper is { } paper
        ? [new("printerState", Text: Words.Text(printer.State!.Value)), new("paperPercent", Math.Round(100 * paper))]
        : [new("printerState", Text: Words.Text(printer.State!.Value))];

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
