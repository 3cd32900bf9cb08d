using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class BatteryWornTests
{
    private const double Minute = 60, Hour = 3600, Day = 24 * Hour;
    private readonly Story _terminal = new();

    [Fact]
    public void A_battery_that_tells_little_health_for_five_minutes_is_worn_and_another_one_clears_it()
    {
        _terminal.At(0).Reports(Health(0.6)).At(4 * Minute).Reports(Health(0.6)).FindsNothing()
            .At(5 * Minute).Reports(Health(0.59)).Raises("battery-worn");
        Assert.Equal(("health", 59d), (_terminal.Evidence("signs"), _terminal.Evidence("healthPercent")));
        _terminal.At(60 * Minute).Reports(Health(0.7)).At(70 * Minute).Reports(Health(0.7)).FindsNothing()
            .At(80 * Minute).Reports(Health(0.98)).At(85 * Minute).Reports(Health(0.98)).Clears("battery-worn");
    }

    [Fact]
    public void The_hold_ends_without_a_word_and_one_bad_reading_is_not_believed()
    {
        _terminal.At(0).Reports(Health(0.9)).At(Minute).Reports(Health(0.1)).At(2 * Minute).Reports(Health(0.9)).At(9 * Minute).Reports(Health(0.9)).FindsNothing();
        var silent = new Story().At(0).Reports(report =>
        {
            report.Heartbeat = new() { IntervalSeconds = 900 };
            Health(0.5)(report);
        });
        silent.IsStoredAndLoaded().At(5 * Minute).HearsNothing().Raises("battery-worn");
    }

    [Fact]
    public void Cycles_count_only_where_no_health_is_told()
    {
        _terminal.At(0).Reports(Cycles(800)).At(5 * Minute).Reports(Cycles(800)).Raises("battery-worn")
            .At(6 * Minute).Reports(Cycles(3)).At(11 * Minute).Reports(Cycles(3)).Clears("battery-worn");
        new Story().At(0).Reports(Cycles(2000, health: 0.85)).At(10 * Minute).Reports(Cycles(2000, health: 0.85)).FindsNothing();
    }

    [Fact]
    public void A_full_charge_that_lasts_half_as_long_as_it_once_did_is_worn()
    {
        var day = 0;
        for (; day < 8; day++) Discharges(day, hours: 10);
        _terminal.FindsNothing();
        for (; day < 28; day++) Discharges(day, hours: 5);
        _terminal.Raises("battery-worn");
        Assert.Equal(("runtime", 10d), (_terminal.Evidence("signs"), _terminal.Evidence("bestHours")));
        Assert.InRange((double)_terminal.Evidence("usualHours")!, 5, 6);
    }

    [Fact]
    public void One_busy_day_does_not_wear_a_battery()
    {
        for (var day = 0; day < 8; day++) Discharges(day, hours: 10);
        Discharges(8, hours: 4);
        Discharges(9, hours: 10);
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_low_charge_is_no_wear() =>
        _terminal.At(0).Reports(report => report.Power = new() { Source = PowerSource.Mains, Battery = 0.05, Health = 0.95 })
            .At(10 * Minute).Reports(report => report.Power = new() { Source = PowerSource.Mains, Battery = 0.06, Health = 0.95 }).FindsNothing();

    [Fact]
    public void Heat_that_no_healthy_battery_has_is_said_also_of_one_that_is_known_to_be_worn()
    {
        _terminal.At(0).Reports(Celsius(50)).At(10 * Minute).Reports(Celsius(59)).At(20 * Minute).Reports(Celsius(59)).FindsNothing()
            .At(21 * Minute).Reports(Celsius(62)).At(26 * Minute).Reports(Celsius(50)).Raises("battery-worn")
            .At(27 * Minute).Reports(Celsius(45)).At(32 * Minute).Reports(Celsius(40)).Clears("battery-worn");
        _terminal.At(60 * Minute).Reports(Health(0.5)).At(65 * Minute).Reports(Health(0.5)).Raises("battery-worn")
            .At(70 * Minute).Reports(Celsius(61)).Changes("battery-worn");
        Assert.Equal("health, heat", _terminal.Evidence("signs"));
    }

    [Fact]
    public void Its_replacement_is_forecast_from_the_health_it_lost_so_far()
    {
        _terminal.At(0).Reports(Health(1)).At(13 * Day).Reports(Health(0.95));
        Assert.Null(_terminal.View.BatteryReplacement);
        _terminal.At(100 * Day).Reports(Health(0.8)).FindsNothing();
        var due = _terminal.View.BatteryReplacement!.Value;
        Assert.InRange(due.AtMs, Story.Ms(199 * Day), Story.Ms(201 * Day));
        Assert.True(due.EarliestMs < due.AtMs && due.AtMs < due.LatestMs);
        _terminal.At(101 * Day).Reports(Health(1));
        Assert.Null(_terminal.View.BatteryReplacement);
    }

    [Fact]
    public void A_clock_that_was_far_behind_when_the_battery_came_does_not_stretch_its_trend()
    {
        for (var minute = 0; minute < 60; minute += 5) _terminal.At(minute * Minute).Reports(Health(1), offSeconds: -200 * Day);
        _terminal.At(100 * Day).Reports(Health(0.8));
        Assert.InRange(_terminal.View.BatteryReplacement!.Value.AtMs, Story.Ms(199 * Day), Story.Ms(201 * Day));
    }

    [Fact]
    public void Its_replacement_is_proposed_once_a_month_ahead_and_stands_when_it_is_worn()
    {
        _terminal.At(0).Reports(Health(1)).At(100 * Day).Reports(Health(0.8)).FindsNothing()
            .At(175 * Day).Reports(Health(0.65)).Foresees("battery-worn");
        Assert.InRange(_terminal.Last.DueAtMs, Story.Ms(195 * Day), Story.Ms(200 * Day));
        _terminal.IsStoredAndLoaded().At(176 * Day).Reports(Health(0.65)).At(198 * Day).Reports(Health(0.6)).At(198 * Day + 5 * Minute).Reports(Health(0.6)).Raises("battery-worn")
            .At(199 * Day).Reports(Health(1)).Withdraws("battery-worn")
            .At(199 * Day + 5 * Minute).Reports(Health(1)).Clears("battery-worn");
    }

    [Fact]
    public void A_battery_that_is_worn_already_is_not_foreseen_to_be()
    {
        _terminal.At(0).Reports(Health(0.62)).At(1 * Day).Reports(Health(0.59)).At(1 * Day + 5 * Minute).Reports(Health(0.59)).Raises("battery-worn")
            .At(20 * Day).Reports(Health(0.57)).FindsNothing();
        Assert.NotNull(_terminal.View.BatteryReplacement);
    }

    [Fact]
    public void A_battery_that_loses_nothing_has_no_date()
    {
        _terminal.At(0).Reports(Health(0.9)).At(300 * Day).Reports(Health(0.9));
        Assert.Null(_terminal.View.BatteryReplacement);
    }

    [Fact]
    public void While_it_runs_on_battery_the_view_says_when_that_is_empty()
    {
        _terminal.At(0).Reports(report => report.Power = new() { Source = PowerSource.Battery, Battery = 0.83 });
        var empty = _terminal.View.BatteryEmpty!.Value;
        Assert.InRange(empty.AtMs, Story.Ms(6.39 * Hour), Story.Ms(6.41 * Hour));
        Assert.True(empty.EarliestMs < empty.AtMs && empty.AtMs < empty.LatestMs);
        _terminal.At(60).Reports(report => report.Power = new() { Source = PowerSource.Mains, Battery = 0.83 });
        Assert.Null(_terminal.View.BatteryEmpty);
    }

    /// <summary>From full to three tenths, evenly, within seven tenths of so many hours; then back to full.</summary>
    private void Discharges(int day, double hours)
    {
        for (var step = 0; step <= 14; step++)
            _terminal.At((day * Day) + (step / 20d * hours * Hour)).Reports(Charge(PowerSource.Battery, 1 - (step / 20d)));
        _terminal.At((day * Day) + (0.71 * hours * Hour)).Reports(Charge(PowerSource.Mains, 0.3))
            .At((day * Day) + (13 * Hour)).Reports(Charge(PowerSource.Mains, 1));
    }

    private static Action<Report> Charge(PowerSource source, double charge) => report => report.Power = new() { Source = source, Battery = charge };

    private static Action<Report> Health(double health) => report => report.Power = new() { Health = health };

    private static Action<Report> Cycles(long cycles, double? health = null) => report => report.Power = new() { Cycles = cycles, Health = health };

    private static Action<Report> Celsius(double celsius) => report => report.Power = new() { Celsius = celsius };
}
