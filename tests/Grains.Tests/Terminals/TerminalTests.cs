using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Terminals;

public sealed class TerminalTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void It_shows_what_was_last_known_of_each_reading()
    {
        _terminal.At(0).Reports(report =>
            {
                report.System = new() { Firmware = "1.4.2", App = "7.0.1" };
                report.Power = new() { Battery = 0.8 };
                report.Printer = new() { State = PrinterState.CoverOpen, Paper = 0.5 };
            })
            .At(60).Reports(Some.Lte(rsrp: -101, snr: 14));
        var view = _terminal.View;
        Assert.Equal(("T1", Story.Ms(60), 2, Story.Ms(60), 2), (view.Serial, view.LastAtMs, view.LastSeq, view.LastReceivedAtMs, view.Reports));
        Assert.Equal(("1.4.2", "7.0.1", 0.8, "cover-open", 0.5), (view.Firmware, view.App, view.Battery, view.PrinterState, view.Paper));
        Assert.Equal(("moderate", -101, 65d), (view.SignalClass, view.RsrpDbm, view.ReceiptsLeft));
        Assert.Empty(view.OpenFaults);
    }

    [Fact]
    public void A_version_that_is_too_long_is_cut_between_characters()
    {
        _terminal.At(0).Reports(report => report.System = new()
        {
            Firmware = "v" + string.Concat(Enumerable.Repeat("😀", 40)),
            App = new string('7', 64),
        });
        Assert.Equal(("v" + string.Concat(Enumerable.Repeat("😀", 15)), new string('7', 64)), (_terminal.View.Firmware, _terminal.View.App));
    }

    [Fact]
    public void A_late_report_does_not_move_it_back()
    {
        _terminal.At(0).Reports().At(60).Reports(Some.Paper(0.5)).Hears(Some.Report(9, 30, Some.Paper(0, state: PrinterState.PaperOut))).FindsNothing();
        Assert.Equal((Story.Ms(60), 2, 0.5, "ok", 3, 12, 1), (_terminal.View.LastAtMs, _terminal.View.LastSeq, _terminal.View.Paper, _terminal.View.PrinterState, _terminal.View.Reports, _terminal.View.SeqSum, _terminal.View.Late));
    }

    [Fact]
    public void Of_an_overtaken_report_what_it_alone_carried_is_not_lost()
    {
        _terminal.At(0).Reports(Some.Paper(0.5)).At(60).Reports(Some.Lte(rsrp: -90)).At(70).Reports(Some.Lte(rsrp: -80));
        var late = Some.Report(4, 65, Some.Lte(rsrp: -120) + Some.Paper(0, state: PrinterState.PaperOut));
        _terminal.Hears(Some.Report(5, 80)).Hears(late, arrivedAtSeconds: 81).Raises("paper-out");
        Assert.Equal((Story.Ms(80), Story.Ms(80), 1, -80), (_terminal.Last.RaisedAtMs, _terminal.View.LastAtMs, _terminal.View.Late, _terminal.View.RsrpDbm));
        _terminal.Hears(late, arrivedAtSeconds: 82).FindsNothing()
            .Hears(Some.Report(6, 90, Some.Paper(0.9))).Clears("paper-out");
    }

    [Fact]
    public void What_was_overtaken_a_minute_ago_is_lost() =>
        _terminal.At(0).Reports().At(10).Hears(Some.Report(3, 64)).Hears(Some.Report(2, 3, Some.Paper(0, state: PrinterState.PaperOut)), arrivedAtSeconds: 65).FindsNothing();

    [Fact]
    public void A_duplicate_is_not_even_a_sign_of_life()
    {
        _terminal.At(0).Reports().Hears(Some.Report(1, 0), arrivedAtSeconds: 100).FindsNothing();
        Assert.Equal((1, 1, Story.Ms(0)), (_terminal.View.Reports, _terminal.View.Duplicates, _terminal.Terminal.HeardAtMs));
    }

    [Fact]
    public void A_hold_goes_on_over_a_restart_of_the_program() =>
        _terminal.At(0).Reports(Some.Lte(rsrp: -120)).IsStoredAndLoaded().At(120).Reports(Some.Lte(rsrp: -120)).Raises("weak-signal");

    [Fact]
    public void An_input_that_is_none_is_a_bug_and_says_so()
    {
        Assert.Throws<ArgumentException>(() => _terminal.Terminal.Apply(new Input(InputKind.Report, 0), []));
        Assert.Throws<ArgumentOutOfRangeException>(() => _terminal.Terminal.Apply(new Input((InputKind)9, 0), []));
    }
}
