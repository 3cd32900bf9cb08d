using Fleet.Grains;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class BoardFaultTests
{
    private const double Minute = 60, Hour = 3600, Day = 24 * Hour;
    private readonly Story _terminal = new();
    private int _receipts;

    [Fact]
    public void A_printers_low_voltage_on_mains_is_the_boards_after_ten_minutes()
    {
        _terminal.At(0).Reports(On(PowerSource.Mains, PrinterState.VoltageLow)).At(9 * Minute).Reports(Is(PrinterState.VoltageLow)).FindsNothing()
            .At(10 * Minute).Reports(On(PowerSource.Mains, PrinterState.VoltageLow)).Raises("board-fault");
        Assert.Equal("voltage low on mains", _terminal.Evidence("sign"));
        _terminal.At(Day).Reports(Is(PrinterState.Ok)).At(4 * Day).Reports(Is(PrinterState.Ok)).Clears("board-fault");
    }

    [Fact]
    public void It_is_raised_without_another_word()
    {
        _terminal.At(0).Reports(report =>
        {
            report.Heartbeat = new() { IntervalSeconds = 900 };
            On(PowerSource.Mains, PrinterState.VoltageLow)(report);
        });
        _terminal.IsStoredAndLoaded().At(10 * Minute).HearsNothing().Raises("board-fault");
    }

    [Fact]
    public void Low_voltage_on_battery_is_a_low_charges() =>
        _terminal.At(0).Reports(On(PowerSource.Battery, PrinterState.VoltageLow)).At(20 * Minute).Reports(On(PowerSource.Battery, PrinterState.VoltageLow)).FindsNothing();

    [Fact]
    public void Low_voltage_while_the_adapter_is_at_fault_is_the_adapters()
    {
        Action<Report> Falls(double charge) => report => (report.Power, report.Printer) =
            (new() { Source = PowerSource.Mains, Battery = charge }, new() { State = charge < 0.55 ? PrinterState.VoltageLow : PrinterState.Ok });
        _terminal.At(0).Reports(Falls(0.7)).At(60 * Minute).Reports(Falls(0.6)).At(70 * Minute).Reports(Falls(0.5)).Raises("adapter-fault")
            .At(80 * Minute).Reports(Falls(0.45)).At(90 * Minute).Reports(Falls(0.4)).FindsNothing();
    }

    [Fact]
    public void A_head_whose_fault_is_back_twice_after_its_repair_was_not_the_cause()
    {
        for (var visit = 0; visit < 3; visit++)
        {
            HeadFails(visit * 3 * Day);
            _terminal.Found(visit < 2
                ? [("print-head-fault", FindingKind.Raised), ("print-head-fault", FindingKind.Cleared)]
                : [("print-head-fault", FindingKind.Raised), ("board-fault", FindingKind.Raised), ("print-head-fault", FindingKind.Cleared)]);
        }
        _terminal.At(7 * Day).Reports(Is(PrinterState.Ok)).FindsNothing().At(10 * Day).Reports(Is(PrinterState.Ok)).Clears("board-fault");
        HeadFails(11 * Day);
        _terminal.Found(("print-head-fault", FindingKind.Raised), ("print-head-fault", FindingKind.Cleared));
    }

    [Fact]
    public void A_head_that_fails_once_a_month_is_a_heads()
    {
        for (var month = 0; month < 6; month++)
        {
            HeadFails(month * 30 * Day);
            _terminal.Found(("print-head-fault", FindingKind.Raised), ("print-head-fault", FindingKind.Cleared));
        }
    }

    /// <summary>Its head fails for ten minutes; then it is mended, and a hundred receipts are printed.</summary>
    private void HeadFails(double at)
    {
        _terminal.At(at).Reports(Is(PrinterState.Malfunction, _receipts)).At(at + (10 * Minute)).Reports(Is(PrinterState.Malfunction, _receipts))
            .At(at + Hour).Reports(Is(PrinterState.Ok, _receipts += 100));
    }

    private static Action<Report> Is(PrinterState state, long? receipts = null) => report =>
    {
        report.Printer = new() { State = state };
        if (receipts is not null) report.Payment = new() { Receipts = receipts };
    };

    private static Action<Report> On(PowerSource source, PrinterState state) => report =>
        (report.Power, report.Printer) = (new() { Source = source, Battery = 0.9 }, new() { State = state });
}
