using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>paper-low</c>: the roll will last for few more receipts, forecast from what receipts took, and may end before the
/// shop closes; or it will end within minutes. Said again as half and a quarter of the receipts are left; gone with a
/// new roll. A slow shop is not bothered days before. When the paper is out, that is the message.
/// </summary>
internal struct PaperLow : IDetector
{
    private Alarm _alarm;

    /// <summary>In how many reports in a row the roll was low.</summary>
    private int _lowReports;

    /// <summary>How urgent it was when last said.</summary>
    private int _urgency;

    public static string Name => "paper-low";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.IsRaised<PaperOut>()) Clear(hearing); // that one says it all
        else if (hearing.Report.Printer?.Paper is not null) Judge(hearing);
    }

    private void Judge(in Hearing hearing)
    {
        var limits = hearing.Limits.Paper;
        if (hearing.Learned.Roll.ReceiptsLeft(limits) is not { } left) return;
        if (!_alarm.IsRaised) WhileEnough(hearing, left);
        else if (hearing.Growth.IsNewRoll || (left > limits.ReceiptsLeftToClear && !EndsWithin(2 * limits.TimeToRaise, hearing))) Clear(hearing);
        else if (Urgency(left, limits) is var urgency && urgency > _urgency)
        {
            _urgency = urgency;
            hearing.Change(Name, _alarm, Evidence(hearing));
        }
    }

    private void WhileEnough(in Hearing hearing, double left)
    {
        var limits = hearing.Limits.Paper;
        var isLow = hearing.Learned.Roll.Paper < limits.LargestShareToRaise
            && (EndsWithin(limits.TimeToRaise, hearing) || (left <= limits.ReceiptsLeftToRaise && MayEndToday(hearing, left)));
        _lowReports = isLow ? _lowReports + 1 : 0;
        if (_lowReports < limits.Reports) return;
        _urgency = Urgency(left, limits);
        hearing.Raise(Name, ref _alarm, Evidence(hearing));
    }

    private static bool EndsWithin(TimeSpan tradingTime, in Hearing hearing) =>
        End(hearing) is { } end && hearing.Learned.Hours.OpenTimeMs(hearing.AtMs, end.AtMs) <= tradingTime.TotalMilliseconds;

    /// <summary>Whether it is open, and the roll may end before it closes; where hours or pace are not known, that is taken for granted. Of so few that it is said again, too.</summary>
    private static bool MayEndToday(in Hearing hearing, double left)
    {
        ref readonly var hours = ref hearing.Learned.Hours;
        if (!hours.IsKnown || End(hearing) is not { } end) return true;
        return hours.IsOpen(hearing.AtMs) && (left <= hearing.Limits.Paper.ReceiptsLeftToRaise / 2 || hours.NextClosingMs(hearing.AtMs) is var closing && (closing == 0 || end.EarliestMs < closing));
    }

    private static Forecast? End(in Hearing hearing) => hearing.Learned.Roll.End(hearing.AtMs, hearing.Learned.Hours, hearing.Limits.Paper);

    private void Clear(in Hearing hearing)
    {
        if (_alarm.IsRaised) hearing.Clear(Name, ref _alarm, Evidence(hearing));
        (_lowReports, _urgency) = (0, 0);
    }

    private static int Urgency(double receiptsLeft, PaperLimits limits) =>
        receiptsLeft <= limits.ReceiptsLeftToRaise / 4 ? 2 : receiptsLeft <= limits.ReceiptsLeftToRaise / 2 ? 1 : 0;

    private static ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var (roll, limits) = (hearing.Learned.Roll, hearing.Limits.Paper);
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("receiptsLeft", Math.Floor(roll.ReceiptsLeft(limits) ?? 0)));
        evidence.Add(new("paperPercent", Math.Round(100 * (roll.Paper ?? 0))));
        evidence.Add(new("receiptsPerRoll", Math.Round(roll.ReceiptsPerRoll(limits))));
        if (End(hearing) is not { } end) return evidence.ToImmutable();
        evidence.Add(new("endsAtMs", end.AtMs));
        evidence.Add(new("earliestEndAtMs", end.EarliestMs));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _lowReports);
        codec.Field(ref _urgency);
    }
}
