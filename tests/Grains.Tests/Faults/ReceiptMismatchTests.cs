using Fleet.Grains;
using Fleet.Grains.Learning;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class ReceiptMismatchTests
{
    private readonly Story _terminal = new();
    private readonly Random _random = new(20_261_125);
    private double _atSeconds;
    private long _approved = 9000, _receipts = 9100, _voids, _refunds;
    private long? _unsent = 0;
    private PrinterState _printer = PrinterState.Ok;

    public ReceiptMismatchTests() => Pays(0, receipts: 0).FindsNothing();

    [Fact]
    public void Receipts_without_payments_are_noticed_within_a_few_hundred_and_over_when_they_match_again()
    {
        Trades(days: 10).FindsNothing();
        Pays(100, receipts: 120).FindsNothing();
        Pays(100, receipts: 120).FindsNothing();
        Pays(100, receipts: 120).Raises("receipt-mismatch");
        Assert.Equal((360d, 300d), (Evidence("receipts"), Evidence("payments")));
        Assert.Equal((120d, 100d), (Evidence("receiptsPer100Payments"), Evidence("usualReceiptsPer100Payments")));
        Trades(days: 2).FindsNothing();
        _terminal.IsStoredAndLoaded();
        Trades(days: 1).Clears("receipt-mismatch");
    }

    [Fact]
    public void Payments_without_receipts_are_noticed_too()
    {
        Trades(days: 10).FindsNothing();
        Pays(100, receipts: 80).FindsNothing();
        Pays(100, receipts: 80).FindsNothing();
        Pays(100, receipts: 80).Raises("receipt-mismatch");
    }

    [Fact]
    public void Receipts_of_payments_taken_offline_come_before_their_approvals()
    {
        Trades(days: 10).FindsNothing();
        for (var day = 0; day < 6; day++)
        {
            _unsent = 60;
            Pays(0, receipts: 60).FindsNothing();
            _unsent = 0;
            Pays(60, receipts: 0).FindsNothing();
        }
    }

    [Fact]
    public void Voids_and_refunds_have_receipts_of_their_own()
    {
        Trades(days: 10).FindsNothing();
        for (var day = 0; day < 6; day++)
        {
            (_voids, _refunds) = (_voids + 15, _refunds + 15);
            Pays(100, receipts: 130).FindsNothing();
        }
    }

    /// <summary>Fifty years with a fixed seed.</summary>
    [Fact]
    public void A_shop_whose_customers_seldom_want_a_receipt_varies_and_that_is_usual()
    {
        for (var day = 0; day < 18_000; day++) Pays(60, Enumerable.Range(0, 60).Count(_ => _random.NextDouble() < 0.4)).FindsNothing();
    }

    [Fact]
    public void A_shop_that_stops_printing_a_second_copy_is_asked_once()
    {
        for (var day = 0; day < 10; day++) Pays(100, receipts: 200).FindsNothing();
        Pays(100, receipts: 100).FindsNothing();
        Pays(100, receipts: 100).FindsNothing();
        Pays(100, receipts: 100).Raises("receipt-mismatch");
        for (var day = 1; day < 20; day++) Pays(100, receipts: 100).FindsNothing();
        Pays(100, receipts: 100).Clears("receipt-mismatch");
        for (var day = 0; day < 40; day++) Pays(100, receipts: 100).FindsNothing();
    }

    [Fact]
    public void Nothing_is_printed_while_the_paper_is_out_and_that_is_no_mismatch()
    {
        Trades(days: 10).FindsNothing();
        _printer = PrinterState.PaperOut;
        Pays(100, receipts: 0).Raises("paper-out");
        for (var day = 0; day < 6; day++) Pays(100, receipts: 0).FindsNothing();
        _printer = PrinterState.Ok;
        Pays(0, receipts: 0).Clears("paper-out");
        Trades(days: 10).FindsNothing();
    }

    [Fact]
    public void Counters_that_begin_again_are_no_mismatch()
    {
        Trades(days: 10).FindsNothing();
        for (var day = 0; day < 6; day++)
        {
            (_approved, _receipts) = (0, 60);
            Pays(10, receipts: 10).FindsNothingOf("receipt-mismatch");
            Pays(100, receipts: 100).FindsNothingOf("receipt-mismatch");
        }
    }

    [Fact]
    public void One_odd_day_is_nothing()
    {
        Trades(days: 10).FindsNothing();
        Pays(100, receipts: 160).FindsNothing();
        Trades(days: 20).FindsNothing();
    }

    [Fact]
    public void A_terminal_that_does_not_count_receipts_is_not_judged()
    {
        var terminal = new Story();
        for (var day = 0; day < 40; day++) terminal.At(day * 86_400).Reports(report => report.Payment = new() { Approved = 100 * day }).FindsNothing();
    }

    /// <summary>200,000 batches of a shop in which four in ten want their receipt, fixed seed.</summary>
    [Fact]
    public void What_varies_as_usual_is_next_to_never_a_departure()
    {
        ReceiptHabit habit = default;
        var (limits, beyond) = (new ReceiptLimits(), 0);
        for (var batch = 0; batch < 200_000; batch++)
        {
            var receipts = Enumerable.Range(0, 50).Count(_ => _random.NextDouble() < 0.4);
            if (habit.IsKnown(limits) && Math.Abs(habit.Departure(receipts, 50, limits)) > 4) beyond++;
            habit.Learn(receipts, 50, limits);
        }
        Assert.InRange(beyond, 0, 200);
    }

    private Story Trades(int days)
    {
        for (var day = 1; day < days; day++) Pays(100, receipts: 99 + (day % 3));
        return Pays(100, receipts: 100);
    }

    private Story Pays(long approved, long receipts)
    {
        (_approved, _receipts) = (_approved + approved, _receipts + receipts);
        return _terminal.At(_atSeconds += 3600).Reports(report =>
        {
            report.Payment = new() { Approved = _approved, Receipts = _receipts, Unsent = _unsent, Voids = _voids, Refunds = _refunds };
            report.Printer = new() { State = _printer };
        });
    }

    private object? Evidence(string name) => _terminal.Evidence(name);
}
