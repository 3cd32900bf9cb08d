using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class WeakSignalTests
{
    private static readonly Action<Report> Weak = Some.Lte(rsrp: -110, snr: 8);
    private static readonly Action<Report> Between = Some.Lte(rsrp: -103, snr: 8);
    private static readonly Action<Report> Good = Some.Lte(rsrp: -90, snr: 8);
    private readonly Story _terminal = new();

    [Fact]
    public void A_signal_that_stays_weak_for_two_minutes_is_a_fault()
    {
        _terminal.At(0).Reports(Weak).FindsNothing()
            .At(60).Reports(Weak).FindsNothing()
            .At(119).Reports(Weak).FindsNothing()
            .At(120).Reports(Weak).Raises("weak-signal")
            .At(180).Reports(Weak).FindsNothing();
        Assert.Equal((Story.Ms(120), Story.Ms(120)), (_terminal.Last.RaisedAtMs, _terminal.Last.AtMs));
        Assert.Equal(("poor", -110d, 8d, 120d), (_terminal.Evidence("class"), _terminal.Evidence("rsrpDbm"), _terminal.Evidence("snrDb"), _terminal.Evidence("weakSeconds")));
        Assert.Equal("poor", _terminal.View.SignalClass);
        Assert.Equal(["weak-signal"], _terminal.View.OpenFaults);
    }

    [Fact]
    public void A_signal_far_below_what_its_place_usually_gives_is_the_terminals_and_a_little_below_is_the_places()
    {
        Assert.Equal(("terminal", -90d), Falls(from: -90));
        Assert.Equal(("place", -103d), Falls(from: -103));
        Assert.Equal(("place", -110d), Falls(from: -110)); // it never was better

        static (object?, object?) Falls(double from)
        {
            var terminal = new Story();
            for (var minute = 0; minute < 3; minute++) terminal.At(60 * minute).Reports(Some.Lte(from, 8));
            for (var minute = 3; minute < 6; minute++) terminal.At(60 * minute).Reports(Some.Lte(-110, 8));
            terminal.Raises("weak-signal").IsStoredAndLoaded();
            for (var hour = 1; hour < 50; hour++) terminal.At(3600 * hour).Reports(Some.Lte(-110, 8)); // what is a fault does not become usual
            Assert.Equal(terminal.Evidence("usualRsrpDbm"), terminal.View.UsualRsrpDbm);
            return (terminal.Evidence("suspect"), terminal.Evidence("usualRsrpDbm"));
        }
    }

    [Fact]
    public void What_is_usual_follows_a_place_that_changes_within_days()
    {
        for (var minute = 0; minute < 2000; minute++) _terminal.At(60 * minute).Reports(Some.Lte(minute < 5 ? -80 : -92, 8)).FindsNothing();
        Assert.InRange(_terminal.View.UsualRsrpDbm!.Value, -92, -89);
    }

    [Fact]
    public void A_good_reading_ends_the_suspicion_and_one_in_between_leaves_it()
    {
        _terminal.At(0).Reports(Weak).At(60).Reports(Good).At(120).Reports(Weak).FindsNothing()
            .At(180).Reports(Between).At(239).Reports(Weak).FindsNothing()
            .At(240).Reports(Between).FindsNothing()
            .At(241).Reports(Weak).Raises("weak-signal");
    }

    [Fact]
    public void It_clears_after_two_good_minutes_and_any_weak_reading_starts_them_again()
    {
        Raised().At(200).Reports(Good).At(300).Reports(Weak).At(310).Reports(Good).FindsNothing()
            .At(400).Reports(Between).At(429).Reports(Good).FindsNothing()
            .At(430).Reports(Good).Clears("weak-signal");
        Assert.Equal(Story.Ms(120), _terminal.Last.RaisedAtMs);
        Assert.Equal(310d, _terminal.Evidence("raisedSeconds"));
        _terminal.At(440).Reports(Weak).At(500).Reports(Weak).FindsNothing();
    }

    [Fact]
    public void A_gap_of_more_than_a_quarter_of_an_hour_starts_both_holds_again()
    {
        _terminal.At(0).Reports(Weak).At(901).Reports(Weak).FindsNothing()
            .At(1021).Reports(Weak).Raises("weak-signal")
            .At(1030).Reports(Good).At(1931).Reports(Good).FindsNothing()
            .At(2051).Reports(Good).Clears("weak-signal");
    }

    [Fact]
    public void A_gap_of_just_a_quarter_of_an_hour_does_not() =>
        _terminal.At(0).Reports(Weak).At(900).Reports(Weak).Raises("weak-signal");

    [Fact]
    public void Reports_without_a_reading_change_nothing() =>
        _terminal.At(0).Reports(Weak)
            .At(60).Reports(report => report.Signal = new() { Link = Link.Wifi, RsrpDbm = -60 })
            .At(70).Reports(report => report.Signal = new() { Rat = Rat.Lte, RssiDbm = -50 })
            .At(80).Reports()
            .At(120).Reports(Weak).Raises("weak-signal");

    [Fact]
    public void Late_reports_are_not_judged()
    {
        _terminal.At(0).Reports(Weak).At(100).Reports(Weak)
            .Hears(Some.Report(50, 50, Good)).FindsNothing()
            .At(130).Reports(Weak).Raises("weak-signal");
    }

    [Theory]
    [InlineData(-85d, 13d, "great")]
    [InlineData(-85.1, 13d, "good")]
    [InlineData(-95d, 4.5, "good")]
    [InlineData(-85d, 4.4, "moderate")]
    [InlineData(-105d, 1d, "moderate")]
    [InlineData(-105.1, 30d, "poor")]
    [InlineData(-60d, -3d, "poor")]
    [InlineData(-60d, -3.1, "none")]
    [InlineData(-115.1, null, "none")]
    [InlineData(null, 0.9, "poor")]
    public void Lte_is_as_good_as_the_worse_of_rsrp_and_snr(double? rsrp, double? snr, string expected) =>
        Assert.Equal(expected, SignalClasses.Text(SignalReading.Of(new() { Rat = Rat.Lte, RsrpDbm = rsrp, SnrDb = snr }, new())!.Value.Class));

    [Theory]
    [InlineData(-89, "great", SignalZone.Clear)]
    [InlineData(-97, "good", SignalZone.Clear)]
    [InlineData(-100, "moderate", SignalZone.Clear)]
    [InlineData(-100.1, "moderate", SignalZone.Between)]
    [InlineData(-103, "moderate", SignalZone.Between)]
    [InlineData(-107, "poor", SignalZone.Weak)]
    [InlineData(-107.1, "none", SignalZone.Weak)]
    public void Gsm_is_as_good_as_its_rssi(double rssi, string expected, object zone)
    {
        foreach (var rat in new Rat?[] { Rat.Gsm, Rat.Umts, Rat.Unknown, null })
        {
            var reading = SignalReading.Of(new() { Rat = rat, RssiDbm = rssi }, new())!.Value;
            Assert.Equal((expected, (SignalZone)zone), (SignalClasses.Text(reading.Class), reading.Zone));
        }
    }

    [Theory]
    [InlineData(-102d, 2d, SignalZone.Clear)]
    [InlineData(-102d, null, SignalZone.Clear)]
    [InlineData(-102.1, 2d, SignalZone.Between)]
    [InlineData(-102d, 1.9, SignalZone.Between)]
    [InlineData(-105d, 1d, SignalZone.Between)]
    public void Lte_is_clear_only_with_a_margin(double? rsrp, double? snr, object zone) =>
        Assert.Equal((SignalZone)zone, SignalReading.Of(new() { RsrpDbm = rsrp, SnrDb = snr }, new())!.Value.Zone);

    private Story Raised() => _terminal.At(0).Reports(Weak).At(120).Reports(Weak).Raises("weak-signal");
}
