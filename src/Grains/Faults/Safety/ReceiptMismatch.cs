using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>receipt-mismatch</c>: more or fewer receipts than this terminal usually prints per payment: approvals, voids,
/// refunds, and payments taken offline, whose receipts come before their approvals. Two cumulative sums of departures
/// (Page, Biometrika 41, 1954), one for each side, over batches of payments. Told apart from counters that begin
/// again, from a printer that cannot print, and from a new habit of the shop, which after some batches is the usual one.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ReceiptMismatch : IDetector
{
    private Alarm _alarm;
    private ReceiptHabit _habit;

    /// <summary>Sum of departures to more receipts, and to fewer.</summary>
    private float _more, _fewer;

    // The batch under way, and what is judged since the sums were last zero.
    private ushort _receipts;
    private int _payments;
    private Tally _receiptsSince, _paymentsSince;
    private uint _sinceSeconds;

    /// <summary>One more than the payments that were not sent yet; 0 where that is not known.</summary>
    private uint _unsent;

    /// <summary>While it is raised: batches since, and of those in a row as usual.</summary>
    private byte _batches, _usualBatches;

    public static string Name => "receipt-mismatch";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Payment is not { } payment) return;
        var offline = Offline(payment.Unsent);
        if (hearing.Growth.WentBack || payment.Approved is null || payment.Receipts is null || !CanPrint(hearing))
        {
            (_receipts, _payments) = (0, 0);
            return;
        }
        var growth = hearing.Growth;
        _receipts = (ushort)Math.Min(_receipts + growth.Receipts, ushort.MaxValue);
        _payments += (int)Math.Min(growth.Approved + growth.Voids + growth.Refunds, ushort.MaxValue) + offline;
        if (_payments < hearing.Limits.Receipts.PaymentsOfBatch) return;
        Judge(hearing);
        (_receipts, _payments) = (0, 0);
    }

    /// <summary>How many more payments wait to be sent than before; those that were sent since are among the approved.</summary>
    private int Offline(long? unsent)
    {
        if (unsent is not { } now) return 0;
        var (before, next) = (_unsent, (uint)Math.Min(now, ushort.MaxValue) + 1);
        _unsent = next;
        return before == 0 ? 0 : (int)next - (int)before;
    }

    private static bool CanPrint(in Hearing hearing) => !hearing.IsRaised<PaperOut>()
        && hearing.Learned.Last.PrinterState is null or PrinterState.Unknown or PrinterState.Ok or PrinterState.Busy or PrinterState.PaperLow;

    private void Judge(in Hearing hearing)
    {
        var limits = hearing.Limits.Receipts;
        if (!_habit.IsKnown(limits))
        {
            _habit.Learn(_receipts, _payments, limits);
            return;
        }
        if (_more == 0 && _fewer == 0) (_sinceSeconds, _receiptsSince, _paymentsSince) = ((uint)(hearing.AtMs / 1000), default, default);
        _receiptsSince.Add(_receipts);
        _paymentsSince.Add(_payments);
        var departure = Math.Clamp(_habit.Departure(_receipts, _payments, limits), -limits.LargestDeparture, limits.LargestDeparture);
        if (_alarm.IsRaised) JudgeRaised(departure, hearing);
        else JudgeQuiet(departure, hearing);
    }

    private void JudgeQuiet(double departure, in Hearing hearing)
    {
        var limits = hearing.Limits.Receipts;
        _more = (float)Math.Max(0, _more + departure - limits.Slack);
        _fewer = (float)Math.Max(0, _fewer - departure - limits.Slack);
        // Most of what departs, too, or the variance would be thought smaller and smaller; but no drift that has begun.
        if (Math.Max(_more, _fewer) < limits.Departures / 4) _habit.Learn(_receipts, _payments, limits);
        if (Math.Max(_more, _fewer) < limits.Departures) return;
        hearing.Raise(Name, ref _alarm, Evidence());
        (_batches, _usualBatches) = (0, 0);
    }

    private void JudgeRaised(double departure, in Hearing hearing)
    {
        var limits = hearing.Limits.Receipts;
        _batches++;
        _usualBatches = (byte)(Math.Abs(departure) <= 2 * limits.Slack ? _usualBatches + 1 : 0);
        var isNewHabit = _batches >= limits.BatchesToAccept;
        if (!isNewHabit && _usualBatches < limits.BatchesToClear) return;
        hearing.Clear(Name, ref _alarm, Evidence());
        (_more, _fewer) = (0, 0);
        if (isNewHabit) _habit = default;
    }

    private readonly ImmutableArray<Evidence> Evidence() =>
    [
        new("receipts", _receiptsSince.Count),
        new("payments", _paymentsSince.Count),
        new("receiptsPer100Payments", Math.Round(100d * _receiptsSince.Count / Math.Max(1, _paymentsSince.Count))),
        new("usualReceiptsPer100Payments", Math.Round(100 * _habit.PerPayment)),
        new("sinceMs", _sinceSeconds * 1000d),
    ];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        _habit.Codec(ref codec);
        codec.Field(ref _more);
        codec.Field(ref _fewer);
        codec.Field(ref _receipts);
        codec.Field(ref _payments);
        _receiptsSince.Codec(ref codec);
        _paymentsSince.Codec(ref codec);
        codec.Field(ref _sinceSeconds);
        codec.Field(ref _unsent);
        codec.Field(ref _batches);
        codec.Field(ref _usualBatches);
    }
}
