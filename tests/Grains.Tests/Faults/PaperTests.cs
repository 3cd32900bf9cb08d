using Fleet.Grains;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class PaperTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void Few_receipts_left_are_said_once_and_again_as_they_run_out()
    {
        _terminal.At(0).Reports(Some.Paper(1, receipts: 0)).At(60).Reports(Some.Paper(0.2, receipts: 104)).FindsNothing()
            .At(120).Reports(Some.Paper(0.15, receipts: 110)).FindsNothing()
            .At(180).Reports(Some.Paper(0.15, receipts: 110)).Raises("paper-low");
        Assert.Equal((19d, 15d, 130d), (_terminal.Evidence("receiptsLeft"), _terminal.Evidence("paperPercent"), _terminal.Evidence("receiptsPerRoll")));
        Assert.Equal((19d, 0.15), (_terminal.View.ReceiptsLeft, _terminal.View.Paper));
        _terminal.At(240).Reports(Some.Paper(0.12, receipts: 114)).FindsNothing()
            .At(300).Reports(Some.Paper(0.07, receipts: 120)).Changes("paper-low")
            .At(360).Reports(Some.Paper(0.06, receipts: 122)).FindsNothing()
            .At(420).Reports(Some.Paper(0.03, receipts: 126)).Changes("paper-low")
            .At(480).Reports(Some.Paper(1, receipts: 126)).Clears("paper-low");
    }

    [Fact]
    public void One_low_reading_is_not_believed() =>
        _terminal.At(0).Reports(Some.Paper(0.1)).At(60).Reports(Some.Paper(0.5)).At(120).Reports(Some.Paper(0.1)).FindsNothing();

    [Fact]
    public void A_shop_with_long_receipts_is_warned_earlier()
    {
        _terminal.At(0).Reports(Some.Paper(1, receipts: 0))
            .At(60).Reports(Some.Paper(0.31, receipts: 40)).At(120).Reports(Some.Paper(0.3, receipts: 40)).FindsNothing()
            .At(180).Reports(Some.Paper(1, receipts: 40)).At(240).Reports(Some.Paper(0.3, receipts: 80)).FindsNothing()
            .At(300).Reports(Some.Paper(0.25, receipts: 83)).At(310).Reports(Some.Paper(0.25, receipts: 83)).Raises("paper-low");
        Assert.True((double)_terminal.Evidence("receiptsPerRoll")! < 80);
    }

    [Fact]
    public void Receipts_are_counted_by_cuts_or_lines_where_the_terminal_counts_no_receipts()
    {
        foreach (var perReceipt in new[] { 1, 30 })
        {
            var terminal = new Story();
            void Print(int receipts, double paper) => terminal.At(receipts).Reports(report => report.Printer = perReceipt == 1
                ? new() { Paper = paper, Cuts = receipts }
                : new() { Paper = paper, Lines = 30 * receipts });
            Print(0, 1);
            Print(200, 0.5);
            Assert.InRange(terminal.View.ReceiptsLeft!.Value, 155, 165);
        }
    }

    [Fact]
    public void Paper_out_is_raised_at_once_and_stays_while_the_roll_is_changed()
    {
        _terminal.At(0).Reports(Some.Paper(0.5)).At(10).Reports(Some.Paper(0, state: PrinterState.PaperOut)).Raises("paper-out");
        Assert.Equal(("paper-out", 0d), (_terminal.Evidence("printerState"), _terminal.Evidence("paperPercent")));
        _terminal.At(20).Reports(Some.Paper(0, state: PrinterState.CoverOpen)).FindsNothing()
            .At(30).Reports(Some.Paper(1, state: PrinterState.Unknown)).FindsNothing()
            .At(35).Reports(Some.Paper(0, state: PrinterState.Ok)).FindsNothing()
            .At(37).Reports(Some.Paper(1, state: null)).FindsNothing()
            .At(40).Reports(Some.Paper(1, state: PrinterState.Ok)).Clears("paper-out");
        Assert.Equal(Story.Ms(10), _terminal.Last.RaisedAtMs);
    }

    [Fact]
    public void A_printer_that_measures_no_paper_is_ready_when_it_says_so() =>
        _terminal.Reports(Some.Paper(null, state: PrinterState.PaperOut)).Raises("paper-out")
            .At(10).Reports(Some.Paper(null, state: PrinterState.Busy)).Clears("paper-out");

    [Fact]
    public void Paper_out_takes_the_place_of_paper_low()
    {
        _terminal.At(0).Reports(Some.Paper(0.1)).At(10).Reports(Some.Paper(0.1)).Raises("paper-low")
            .At(20).Reports(Some.Paper(0.01, state: PrinterState.PaperOut)).Found(("paper-out", FindingKind.Raised), ("paper-low", FindingKind.Cleared))
            .At(30).Reports(Some.Paper(0.01, state: PrinterState.PaperOut)).FindsNothing();
        Assert.Equal(["paper-out"], _terminal.View.OpenFaults);
        _terminal.At(40).Reports(Some.Paper(1)).Clears("paper-out");
    }

    [Fact]
    public void A_rush_is_warned_by_the_clock()
    {
        for (var minute = 0; minute <= 61; minute++) _terminal.At(60 * minute).Reports(Some.Paper(1 - (minute / 100d), receipts: 3 * minute));
        _terminal.FindsNothing();
        for (var minute = 62; minute <= 77; minute++) _terminal.At(60 * minute).Reports(Some.Paper(1 - (minute / 100d), receipts: 3 * minute)).FindsNothing();
        _terminal.At(60 * 79).Reports(Some.Paper(0.19, receipts: 3 * 79)).At(60 * 80).Reports(Some.Paper(0.18, receipts: 3 * 80)).Raises("paper-low");
        Assert.InRange((double)_terminal.Evidence("receiptsLeft")!, 40, 60);
        Assert.InRange((double)_terminal.Evidence("endsAtMs")!, Story.Ms(60 * 95), Story.Ms(60 * 100));
        Assert.InRange(_terminal.View.PaperEnd!.Value.AtMs, Story.Ms(60 * 95), Story.Ms(60 * 100));
        _terminal.At(60 * 82).Reports(Some.Paper(1, receipts: 3 * 82)).Clears("paper-low");
    }

    [Fact]
    public void A_clock_that_is_off_does_not_move_the_end_of_the_paper()
    {
        for (var minute = 0; minute <= 77; minute++)
            _terminal.At(60 * minute).Reports(Some.Paper(1 - (minute / 100d), receipts: 3 * minute), offSeconds: -3600);
        Assert.InRange(_terminal.View.PaperEnd!.Value.AtMs, Story.Ms(60 * 95), Story.Ms(60 * 105));
    }

    [Fact]
    public void A_slow_shop_is_not_warned_days_before()
    {
        const double Hour = 3600, Day = 24 * Hour;
        var midnight = (Day - (Story.Start / 1000d % Day)) % Day;
        var paper = 1d;
        for (var hour = 0; hour < 44 * 24; hour++)
        {
            var isOpen = hour % 24 is >= 9 and < 18;
            var receipts = (hour / 24 * 9) + Math.Clamp((hour % 24) - 8, 0, 9);
            if (isOpen) paper -= 1 / 400d;
            if (hour == 20 * 24) paper = 0.6;
            _terminal.At(midnight + (hour * Hour)).Reports(Some.Paper(Math.Max(0, paper), receipts)).FindsNothing();
            if (_terminal.View.ReceiptsLeft <= 20) break;
        }
        // Twenty receipts are two days of trade.
        var end = _terminal.View.PaperEnd!.Value;
        Assert.InRange((end.AtMs - _terminal.View.LastAtMs) / 1000d, 1.5 * Day, 3.5 * Day);
        var at = (_terminal.View.LastAtMs - Story.Start) / 1000d;
        var last = midnight + (Math.Floor((at - midnight) / Day) * Day) + (3 * Day) + (10 * Hour);
        _terminal.At(last).Reports(Some.Paper(0.005)).At(last + 60).Reports(Some.Paper(0.005)).Raises("paper-low");
    }

    [Fact]
    public void An_open_cover_alone_is_nothing() => _terminal.Reports(Some.Paper(1, state: PrinterState.CoverOpen)).FindsNothing();
}
