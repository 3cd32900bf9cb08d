using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class AdapterFaultTests
{
    private const double Minute = 60;
    private readonly Story _terminal = new();
    private double _at;

    [Fact]
    public void Mains_lost_at_a_terminal_that_stands_on_mains_are_a_fault_after_ten_minutes_without_a_word()
    {
        StandsOnMains(hours: 80);
        _terminal.At(_at).Reports(report =>
        {
            report.Heartbeat = new() { IntervalSeconds = 900 };
            report.Power = new() { Source = PowerSource.Battery, Battery = 0.99 };
        });
        _terminal.IsStoredAndLoaded().At(_at + (9 * Minute)).HearsNothing().FindsNothing().At(_at + (10 * Minute)).HearsNothing().Raises("adapter-fault");
        Assert.Equal(("mains lost", 100d), (_terminal.Evidence("sign"), _terminal.Evidence("usualOnMainsPercent")));
    }

    [Fact]
    public void Mains_that_stay_for_twenty_minutes_clear_it()
    {
        StandsOnMains(hours: 80);
        Goes(PowerSource.Battery, 0.99, minutes: 12);
        _terminal.Raises("adapter-fault");
        Goes(PowerSource.Mains, 0.97, minutes: 10);
        Goes(PowerSource.Battery, 0.97, minutes: 2);
        Goes(PowerSource.Mains, 0.97, minutes: 19);
        _terminal.FindsNothing();
        Goes(PowerSource.Mains, 0.98, minutes: 3);
        _terminal.Clears("adapter-fault");
    }

    [Fact]
    public void A_plug_pulled_for_a_moment_is_nothing()
    {
        StandsOnMains(hours: 80);
        Goes(PowerSource.Battery, 0.99, minutes: 8);
        Goes(PowerSource.Mains, 0.98, minutes: 30);
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_terminal_that_is_carried_around_may_be_off_mains()
    {
        for (var turn = 0; turn < 30; turn++)
        {
            Goes(PowerSource.Mains, 1, minutes: 120);
            Goes(PowerSource.Battery, 0.9, minutes: 60);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_terminal_that_is_new_here_is_not_known_to_stand_on_mains()
    {
        StandsOnMains(hours: 20);
        Goes(PowerSource.Battery, 0.99, minutes: 60);
        _terminal.FindsNothing();
    }

    [Fact]
    public void Mains_that_come_and_go_are_a_loose_contact()
    {
        StandsOnMains(hours: 80);
        for (var turn = 0; turn < 12; turn++)
        {
            Goes(PowerSource.Battery, 0.99, minutes: 1);
            Goes(PowerSource.Mains, 0.99, minutes: 2);
        }
        _terminal.Raises("adapter-fault");
        Assert.Equal("mains come and go", _terminal.Evidence("sign"));
        Assert.InRange((double)_terminal.Evidence("mainsLossesOfLastHour")!, 5, 12);
        Goes(PowerSource.Mains, 0.99, minutes: 150);
        _terminal.Clears("adapter-fault");
    }

    [Fact]
    public void A_terminal_that_leaves_its_cradle_for_every_payment_is_used_so()
    {
        for (var turn = 0; turn < 1500; turn++)
        {
            Goes(PowerSource.Battery, 0.95, minutes: 1);
            Goes(PowerSource.Mains, 0.95, minutes: 4);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_charge_that_falls_on_mains_is_a_fault_from_the_first_day_and_goes_when_it_rises()
    {
        Goes(PowerSource.Mains, 0.6, minutes: 10);
        Goes(PowerSource.Mains, 0.53, minutes: 30);
        _terminal.FindsNothing();
        Goes(PowerSource.Mains, 0.5, minutes: 12);
        _terminal.Raises("adapter-fault");
        Assert.Equal(("charge falls on mains", 50d), (_terminal.Evidence("sign"), _terminal.Evidence("chargePercent")));
        Goes(PowerSource.Mains, 0.51, minutes: 30);
        _terminal.FindsNothing();
        Goes(PowerSource.Mains, 0.58, minutes: 30);
        _terminal.Clears("adapter-fault");
    }

    [Fact]
    public void A_charger_that_rests_near_full_is_no_fault()
    {
        Goes(PowerSource.Mains, 1, minutes: 60);
        Goes(PowerSource.Mains, 0.8, minutes: 600);
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_charge_that_fell_on_battery_did_not_fall_on_mains()
    {
        Goes(PowerSource.Mains, 0.7, minutes: 60);
        Goes(PowerSource.Battery, 0.5, minutes: 60);
        Goes(PowerSource.Mains, 0.48, minutes: 60);
        _terminal.FindsNothing();
    }

    [Fact]
    public void While_it_stands_a_low_charge_is_its_consequence()
    {
        StandsOnMains(hours: 80);
        Goes(PowerSource.Battery, 0.99, minutes: 12);
        _terminal.Raises("adapter-fault");
        Goes(PowerSource.Battery, 0.2, minutes: 30);
        _terminal.FindsNothing();
    }

    private void StandsOnMains(int hours) => Goes(PowerSource.Mains, 1, hours * 60);

    /// <summary>Reports every minute that it is so.</summary>
    private void Goes(PowerSource source, double charge, int minutes = 1)
    {
        for (var minute = 0; minute < minutes; minute++, _at += Minute)
            _terminal.At(_at).Reports(report => report.Power = new() { Source = source, Battery = charge });
    }
}
