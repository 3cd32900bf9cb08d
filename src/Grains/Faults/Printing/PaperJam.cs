using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>paper-jam</c>: the printer says so for a hold time that may end without another message, or its feed or cutter
/// fails again and again in between. Errors counted while the printer names another cause (paper, cover, head, voltage)
/// are that cause's. Gone when the printer is ready for a while and the errors have become rare.
/// </summary>
internal struct PaperJam : ITimedDetector
{
    private static readonly TimeSpan s_errorsFade = TimeSpan.FromHours(1);

    private HeldAlarm _alarm;
    private Fading _errors;

    /// <summary>The last state that was told names another cause: what was counted since may be that one's.</summary>
    private bool _wasOther;

    public static string Name => "paper-jam";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Printer is not null) Judge(hearing);
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.Printer.JamHoldFor, limits.Printer.ReadyFor);

    private void Judge(in Hearing hearing)
    {
        var (limits, state) = (hearing.Limits.Printer, hearing.Learned.Last.PrinterState ?? PrinterState.Unknown);
        var isReady = state is PrinterState.Ok or PrinterState.Busy or PrinterState.PaperLow;
        var isOther = !isReady && state != PrinterState.Jam;
        var isOfFeed = !isOther && !_wasOther && !hearing.IsRaised<PaperOut>() && !hearing.Growth.WentBack;
        var errors = _errors.Add(isOfFeed ? hearing.Growth.PrinterFaults : 0, hearing.AtMs, s_errorsFade);
        _wasOther = isOther && state != PrinterState.Unknown;
        if (hearing.IsRaised<PaperOut>())
        {
            _alarm.See(false, hearing.AtMs); // that one says it all
            return;
        }
        var tooMany = _alarm.IsRaised ? limits.FeedErrors / 2 : limits.FeedErrors;
        if (state == PrinterState.Jam || errors >= tooMany) _alarm.See(true, hearing.AtMs);
        else if (isReady || !_alarm.IsRaised) _alarm.See(false, hearing.AtMs);
    }

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs == 0 || hearing.AtMs < dueAtMs) return;
        ImmutableArray<Evidence> evidence =
        [
            new("printerState", Text: Words.Text(hearing.Learned.Last.PrinterState ?? PrinterState.Unknown)),
            new("feedErrorsOfLastHour", Math.Round(_errors.Count)),
        ];
        _alarm.Turn(Name, hearing, evidence);
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        _errors.Codec(ref codec);
        codec.Field(ref _wasOther);
    }
}
