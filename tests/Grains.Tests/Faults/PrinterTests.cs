using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class PrinterTests
{
    private const double Minute = 60;
    private readonly Story _terminal = new();

    [Fact]
    public void A_cover_that_stays_open_for_two_minutes_is_said_without_another_word()
    {
        _terminal.At(0).Reports(Is(PrinterState.CoverOpen)).IsStoredAndLoaded().At(119).HearsNothing().FindsNothing()
            .At(120).HearsNothing().Raises("cover-open");
        Assert.Equal(("cover-open", 120d), (_terminal.Evidence("printerState"), _terminal.Evidence("openSeconds")));
        _terminal.At(150).Reports(Is(PrinterState.Unknown)).FindsNothing().At(160).Reports(Is(PrinterState.Ok)).Clears("cover-open");
    }

    [Fact]
    public void A_roll_change_opens_the_cover_for_a_moment() =>
        _terminal.At(0).Reports(Is(PrinterState.CoverOpen)).At(90).Reports(Is(PrinterState.Ok)).At(300).Reports(Is(PrinterState.CoverOpen)).FindsNothing();

    [Fact]
    public void A_cover_open_to_end_paper_out_is_that_faults_step() =>
        _terminal.At(0).Reports(Is(PrinterState.PaperOut)).Raises("paper-out")
            .At(60).Reports(Is(PrinterState.CoverOpen)).At(300).Reports(Is(PrinterState.CoverOpen)).FindsNothing();

    [Fact]
    public void A_jam_that_lasts_a_minute_is_said_and_gone_when_the_printer_is_ready_for_one()
    {
        _terminal.At(0).Reports(Is(PrinterState.Jam)).At(59).Reports(Is(PrinterState.Jam)).FindsNothing()
            .At(60).HearsNothing().Raises("paper-jam");
        Assert.Equal("jam", _terminal.Evidence("printerState"));
        _terminal.At(90).Reports(Is(PrinterState.CoverOpen)).At(100).Reports(Is(PrinterState.Ok)).At(130).Reports(Is(PrinterState.Jam))
            .At(150).Reports(Is(PrinterState.Ok)).FindsNothing().At(210).Reports(Is(PrinterState.Ok)).Clears("paper-jam");
    }

    [Fact]
    public void A_jam_that_is_mended_at_once_is_nothing() =>
        _terminal.At(0).Reports(Is(PrinterState.Jam)).At(30).Reports(Is(PrinterState.Ok)).At(120).Reports(Is(PrinterState.Ok)).FindsNothing();

    [Fact]
    public void A_cutter_that_fails_again_and_again_is_a_jam_though_the_printer_says_ok()
    {
        for (var minute = 0; minute < 6; minute++) _terminal.At(minute * Minute).Reports(Is(PrinterState.Ok, faults: minute)).FindsNothing();
        _terminal.At(6 * Minute).Reports(Is(PrinterState.Ok, faults: 6)).At(7 * Minute).Reports(Is(PrinterState.Ok, faults: 6)).Raises("paper-jam");
        Assert.InRange((double)_terminal.Evidence("feedErrorsOfLastHour")!, 5, 6);
        _terminal.At(30 * Minute).Reports(Is(PrinterState.Ok, faults: 6)).FindsNothing()
            .At(70 * Minute).Reports(Is(PrinterState.Ok, faults: 6)).At(71 * Minute).Reports(Is(PrinterState.Ok, faults: 6)).Clears("paper-jam");
    }

    [Fact]
    public void An_error_now_and_then_is_no_jam()
    {
        for (var hour = 0; hour < 48; hour++) _terminal.At(hour * 3600).Reports(Is(PrinterState.Ok, faults: hour)).FindsNothing();
    }

    [Fact]
    public void Errors_for_want_of_paper_are_no_jam() =>
        _terminal.At(0).Reports(Is(PrinterState.Ok, faults: 0)).At(60).Reports(Is(PrinterState.PaperOut, faults: 20)).Raises("paper-out")
            .At(120).Reports(Is(PrinterState.PaperOut, faults: 40)).At(180).Reports(Is(PrinterState.Ok, faults: 40)).Clears("paper-out")
            .At(300).Reports(Is(PrinterState.Ok, faults: 40)).FindsNothing();

    [Fact]
    public void Errors_that_a_failing_head_counts_are_no_jam_not_even_those_told_when_it_prints_again()
    {
        for (var minute = 0; minute < 6; minute++) _terminal.At(minute * Minute).Reports(Is(PrinterState.Malfunction, faults: 10 * minute));
        _terminal.Raises("print-head-fault");
        for (var minute = 6; minute < 12; minute++) _terminal.At(minute * Minute).Reports(Is(PrinterState.Ok, faults: 60)).FindsNothing();
    }

    [Fact]
    public void A_jam_with_all_its_errors_is_no_failing_head()
    {
        for (var minute = 0; minute < 20; minute++) _terminal.At(minute * Minute).Reports(Is(PrinterState.Jam, faults: 10 * minute));
        _terminal.Raises("paper-jam");
    }

    [Fact]
    public void A_head_that_has_printed_ten_kilometres_without_failing_is_good()
    {
        for (var day = 0; day < 80; day++)
        {
            _terminal.At(day * 86_400).Reports(report => report.Printer = new() { State = PrinterState.Ok, Lines = day * 30_000, HeadCelsius = 50 }).FindsNothing();
        }
    }

    [Fact]
    public void Paper_that_runs_out_takes_the_place_of_a_jam() =>
        _terminal.At(0).Reports(Is(PrinterState.Jam)).At(60).Reports(Is(PrinterState.Jam)).Raises("paper-jam")
            .At(90).Reports(Is(PrinterState.PaperOut)).Raises("paper-out").At(150).Reports(Is(PrinterState.PaperOut)).Clears("paper-jam");

    [Fact]
    public void A_malfunction_that_stands_for_five_minutes_is_the_heads_and_ten_good_receipts_prove_it_mended()
    {
        _terminal.At(0).Reports(Is(PrinterState.Ok, receipts: 0)).At(60).Reports(Is(PrinterState.Malfunction)).At(120).HearsNothing().FindsNothing()
            .At(360).Reports(Is(PrinterState.Malfunction)).Raises("print-head-fault");
        Assert.Equal(("malfunction", 300d), (_terminal.Evidence("sign"), _terminal.Evidence("failsForSeconds")));
        _terminal.At(600).Reports(Is(PrinterState.Ok, receipts: 5)).At(660).Reports(Is(PrinterState.Malfunction, receipts: 6))
            .At(720).Reports(Is(PrinterState.Ok, receipts: 12)).FindsNothing()
            .At(780).Reports(Is(PrinterState.Ok, receipts: 17)).Clears("print-head-fault");
        Assert.Equal(11d, _terminal.Evidence("receiptsSince"));
    }

    [Fact]
    public void A_malfunction_that_comes_again_and_again_is_the_heads_too_and_a_day_without_one_clears_it()
    {
        foreach (var hour in new[] { 0, 2 }) Fails(hour);
        _terminal.FindsNothing();
        Fails(4);
        _terminal.Raises("print-head-fault").At(20 * 3600).Reports(Is(PrinterState.Ok)).FindsNothing()
            .At(29 * 3600).Reports(Is(PrinterState.Ok)).Clears("print-head-fault");
    }

    [Fact]
    public void A_malfunction_a_day_is_no_failing_head()
    {
        for (var day = 0; day < 14; day++) Fails(24 * day);
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_malfunction_with_the_paper_out_is_for_want_of_paper() =>
        _terminal.At(0).Reports(Is(PrinterState.PaperOut)).Raises("paper-out")
            .At(60).Reports(Is(PrinterState.Malfunction)).At(600).Reports(Is(PrinterState.Malfunction)).FindsNothing();

    [Fact]
    public void A_hot_head_is_a_fault_at_normal_load()
    {
        _terminal.At(0).Reports(Is(PrinterState.Ok, celsius: 60, receipts: 0)).At(60).Reports(Is(PrinterState.Ok, celsius: 80, receipts: 1))
            .At(180).Reports(Is(PrinterState.Overheat, receipts: 2)).FindsNothing()
            .At(360).Reports(Is(PrinterState.Ok, celsius: 76, receipts: 3)).Raises("print-head-fault");
        Assert.Equal(("heat at normal load", 76d), (_terminal.Evidence("sign"), _terminal.Evidence("headCelsius")));
    }

    [Fact]
    public void A_rush_heats_any_head()
    {
        for (var minute = 0; minute < 30; minute++) _terminal.At(minute * Minute).Reports(Is(PrinterState.Ok, celsius: 55, receipts: 5 * minute));
        for (var minute = 30; minute < 60; minute++) _terminal.At(minute * Minute).Reports(Is(PrinterState.Overheat, celsius: 80, receipts: 5 * minute));
        _terminal.FindsNothing();
    }

    private void Fails(double hour) => _terminal.At(hour * 3600).Reports(Is(PrinterState.Ok)).At((hour * 3600) + 60).Reports(Is(PrinterState.Malfunction))
        .At((hour * 3600) + 120).Reports(Is(PrinterState.Ok));

    private static Action<Report> Is(PrinterState state, long? faults = null, double? celsius = null, long? receipts = null) => report =>
    {
        report.Printer = new() { State = state, Faults = faults, HeadCelsius = celsius };
        if (receipts is not null) report.Payment = new() { Receipts = receipts };
    };
}
