using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>paper-low</c>: the roll will last for few more receipts, forecast from what receipts took. Said again as half and
/// a quarter of those are left; gone with a new roll. When the paper is out, that is the message.
/// </summary>
internal struct PaperLow
{
    private Alarm _alarm;

    /// <summary>In how many reports in a row the roll was low.</summary>
    private int _lowReports;

    /// <summary>How urgent it was when last said.</summary>
    private int _urgency;

    public readonly Alarm Alarm => _alarm;

    /// <summary>Judges a report that says how much paper is left.</summary>
    public FindingKind? Hear(in Roll roll, bool isNewRoll, long atMs, PaperLimits limits)
    {
        if (roll.ReceiptsLeft(limits) is not { } left) return null;
        if (_alarm.IsRaised)
        {
            if (isNewRoll || left > limits.ReceiptsLeftToClear) return Clear();
            var urgency = Urgency(left, limits);
            if (urgency <= _urgency) return null;
            _urgency = urgency;
            return FindingKind.Changed;
        }
        var isLow = left <= limits.ReceiptsLeftToRaise && roll.Paper < limits.LargestShareToRaise;
        _lowReports = isLow ? _lowReports + 1 : 0;
        if (_lowReports < limits.Reports) return null;
        _urgency = Urgency(left, limits);
        return _alarm.Raise(atMs);
    }

    /// <summary>Ends the fault because a worse one says it all.</summary>
    public FindingKind? GiveWay()
    {
        _lowReports = 0;
        return _alarm.IsRaised ? Clear() : null;
    }

    private FindingKind Clear()
    {
        _lowReports = 0;
        return _alarm.Clear();
    }

    private static int Urgency(double receiptsLeft, PaperLimits limits) =>
        receiptsLeft <= limits.ReceiptsLeftToRaise / 4 ? 2 : receiptsLeft <= limits.ReceiptsLeftToRaise / 2 ? 1 : 0;

    public static ImmutableArray<Evidence> Evidence(in Roll roll, PaperLimits limits) =>
    [
        new("receiptsLeft", Math.Floor(roll.ReceiptsLeft(limits) ?? 0)),
        new("paperPercent", Math.Round(100 * (roll.Paper ?? 0))),
        new("receiptsPerRoll", Math.Round(roll.ReceiptsPerRoll(limits))),
    ];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _lowReports);
        codec.Field(ref _urgency);
    }
}
