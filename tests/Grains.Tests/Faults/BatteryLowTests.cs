using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Faults;

public sealed class BatteryLowTests
{
    private const double Minute = 60, Hour = 3600, Day = 24 * Hour;
    private readonly Story _terminal = new();

    [Fact]
    public void A_low_charge_that_falls_is_said_with_the_time_it_will_be_empty()
    {
        _terminal.At(0).Reports(OnBattery(0.30)).At(Minute).Reports(OnBattery(0.25)).FindsNothing()
            .At(3 * Minute).Reports(OnBattery(0.24)).Raises("battery-low");
        Assert.Equal(("battery", 24d), (_terminal.Evidence("source"), _terminal.Evidence("chargePercent")));
        Assert.InRange((double)_terminal.Evidence("emptyAtMs")!, Story.Ms(1 * Hour), Story.Ms(2 * Hour));
        Assert.True((double)_terminal.Evidence("earliestEmptyAtMs")! < (double)_terminal.Evidence("emptyAtMs")!);
    }

    [Fact]
    public void It_is_said_though_the_terminal_falls_silent() =>
        _terminal.At(0).Reports(OnBattery(0.2)).IsStoredAndLoaded().At(2 * Minute).HearsNothing().Raises("battery-low");

    [Fact]
    public void Plugged_in_it_is_gone_and_a_moment_on_the_cradle_is_not_enough() =>
        _terminal.At(0).Reports(OnBattery(0.2)).At(2 * Minute).Reports(OnBattery(0.2)).Raises("battery-low")
            .At(3 * Minute).Reports(OnMains(0.2)).At(4 * Minute).Reports(OnBattery(0.2)).At(6 * Minute).Reports(OnBattery(0.19)).FindsNothing()
            .At(7 * Minute).Reports(OnMains(0.19)).At(9 * Minute).Reports(OnMains(0.2)).Clears("battery-low");

    [Fact]
    public void A_low_charge_on_mains_is_being_mended() =>
        _terminal.At(0).Reports(OnMains(0.1)).At(10 * Minute).Reports(OnMains(0.15)).FindsNothing();

    [Fact]
    public void One_low_reading_is_not_believed() =>
        _terminal.At(0).Reports(OnBattery(0.1)).At(Minute).Reports(OnBattery(0.5)).At(5 * Minute).Reports(OnBattery(0.49)).FindsNothing();

    [Fact]
    public void A_terminal_that_names_no_source_is_not_judged() =>
        _terminal.At(0).Reports(Power(null, 0.1)).At(5 * Minute).Reports(Power(PowerSource.Unknown, 0.1)).FindsNothing();

    [Fact]
    public void A_charge_that_lasts_until_the_shop_closes_is_nothing()
    {
        var opening = Trades9To18(weeks: 3);
        _terminal.At(opening + (8.4 * Hour)).Reports(OnBattery(0.25)).At(opening + (8.6 * Hour)).Reports(OnBattery(0.24)).FindsNothing();
        _terminal.At(opening + Day).Reports(OnBattery(0.25)).At(opening + Day + (0.1 * Hour)).Reports(OnBattery(0.24)).Raises("battery-low");
        Assert.Equal((double)Story.Ms(opening + Day + (9 * Hour)), _terminal.Evidence("closingAtMs"));
    }

    [Fact]
    public void At_night_nobody_is_there_to_plug_it_in_and_at_the_opening_it_is_said()
    {
        var opening = Trades9To18(weeks: 3);
        _terminal.At(opening + (12 * Hour)).Reports(OnBattery(0.2)).At(opening + (13 * Hour)).Reports(OnBattery(0.15)).FindsNothing()
            .At(opening + Day).Reports(OnBattery(0.1)).At(opening + Day + (2 * Minute)).Reports(OnBattery(0.1)).Raises("battery-low");
    }

    [Fact]
    public void A_battery_that_is_seen_to_last_long_is_said_later()
    {
        var closingSoon = Trades9To18(weeks: 3) + (7 * Hour);
        for (var run = 0; run < 6; run++)
        {
            // 5 % an hour, at night
            for (var hour = 0; hour <= 10; hour++) _terminal.At(closingSoon + (run * Day) + ((3 + hour) * Hour)).Reports(OnBattery(0.9 - (0.05 * hour)));
            _terminal.At(closingSoon + (run * Day) + (14 * Hour)).Reports(OnMains(0.5)).At(closingSoon + (run * Day) + (16 * Hour)).Reports(OnMains(0.95));
        }
        _terminal.FindsNothing().At(closingSoon + (7 * Day)).Reports(OnBattery(0.25)).At(closingSoon + (7 * Day) + (3 * Minute)).Reports(OnBattery(0.25)).FindsNothing();
    }

    /// <summary>The story begins at 14:13:20; the shop closes at 18 o'clock.</summary>
    [Fact]
    public void A_clock_that_is_ahead_does_not_carry_the_end_of_the_charge_past_the_closing()
    {
        Assert.True(OpeningHours.TryRead("09:00-18:00", out var hours, out _));
        _terminal.Judges(FaultLimits.Default, new(TimeZone: "UTC", Hours: hours));
        for (var minute = 0; minute < 75; minute += 5) _terminal.At(minute * Minute).Reports(OnBattery(0.9), offSeconds: 2 * Hour);
        _terminal.Raises("clock-wrong")
            .At(75 * Minute).Reports(OnBattery(0.24), offSeconds: 2 * Hour).FindsNothing()
            .At(78 * Minute).Reports(OnBattery(0.23), offSeconds: 2 * Hour).Raises("battery-low");
        Assert.InRange((double)_terminal.Evidence("emptyAtMs")!, Story.Ms(78 * Minute), Story.Ms(78 * Minute) + (2 * Hour * 1000));
    }

    [Fact]
    public void A_clock_that_is_set_back_begins_the_discharge_anew_and_its_end_lies_ahead()
    {
        for (var minute = 0; minute < 200; minute += 5)
        {
            _terminal.At(minute * Minute).Reports(OnBattery(0.9 - (minute / 1000d)), offSeconds: minute < 60 ? 0 : -2 * Hour);
            var view = _terminal.View;
            Assert.InRange(view.BatteryEmpty!.Value.AtMs - view.LastAtMs, 1000 * 4 * Hour, 1000 * 12 * Hour);
        }
        Assert.InRange(_terminal.View.BatteryEmpty!.Value.AtMs, Story.Ms((200 * Minute) + (4 * Hour)), Story.Ms((200 * Minute) + (9 * Hour)));
    }

    /// <summary>Trades every day from 9 to 18 UTC, on mains; answers the next opening, in seconds.</summary>
    private double Trades9To18(int weeks)
    {
        var midnight = (Day - (Story.Start / 1000d % Day)) % Day;
        for (var hour = 0; hour < weeks * 7 * 24; hour++)
        {
            var at = midnight + (hour * Hour);
            var approved = (hour / 24 * 9) + Math.Clamp((hour % 24) - 8, 0, 9);
            _terminal.At(at).Reports(report => report.Payment = new() { Approved = approved }).FindsNothing();
        }
        return midnight + (weeks * 7 * Day) + (9 * Hour);
    }

    private static Action<Report> OnBattery(double charge) => Power(PowerSource.Battery, charge);

    private static Action<Report> OnMains(double charge) => Power(PowerSource.Mains, charge);

    private static Action<Report> Power(PowerSource? source, double charge) => report => report.Power = new() { Source = source, Battery = charge };
}
