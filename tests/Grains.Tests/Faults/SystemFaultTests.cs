using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A terminal that reports every ten minutes how often it has crashed and rebooted.</summary>
public sealed class SystemFaultTests
{
    private const double Day = 86_400;
    private readonly Story _terminal = new();
    private double _at;
    private long _crashes, _reboots;
    private string _app = "1.0";

    [Fact]
    public void An_app_that_crashes_every_hour_is_a_fault_and_a_quiet_day_or_two_clears_it()
    {
        Lives(days: 10);
        for (var crash = 0; crash < 5; crash++) CrashesThenLives(hours: 1);
        _terminal.FindsNothing();
        CrashesThenLives(hours: 1).Raises("system-fault");
        Assert.InRange((double)_terminal.Evidence("crashesAndRebootsOfDay")!, 5, 6);
        Assert.InRange((double)_terminal.Evidence("usualPerDay")!, 0.05, 0.15);
        Lives(days: 0.8).FindsNothing();
        Lives(days: 1).Clears("system-fault");
    }

    [Fact]
    public void What_crashes_three_times_a_day_since_ever_has_its_norm()
    {
        for (var i = 0; i < 90; i++) CrashesThenLives(hours: 8);
        _terminal.FindsNothing();
    }

    [Fact]
    public void A_reboot_every_night_is_usual()
    {
        for (var i = 0; i < 60; i++)
        {
            _reboots++;
            Lives(days: 1);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void Many_reboots_of_an_update_are_none()
    {
        Lives(days: 5);
        (_app, _reboots) = ("1.1", _reboots + 6);
        Lives(days: 0.02);
        _reboots += 3;
        Lives(days: 1).FindsNothing();
    }

    [Fact]
    public void Crashes_of_a_new_version_are_some()
    {
        Lives(days: 5);
        (_app, _crashes) = ("1.1", _crashes + 6);
        Lives(days: 0.02).Raises("system-fault");
    }

    [Fact]
    public void A_boot_loop_is_told_once_as_what_it_is()
    {
        Lives(days: 2);
        for (var i = 0; i < 12; i++)
        {
            _reboots++;
            _terminal.At(_at += 120).Reports(Told);
        }
        _terminal.Raises("no-start");
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 1, 0.6321205588)]
    [InlineData(5, 0.2, 2.258e-6)]
    [InlineData(10, 3, 1.1025e-3)]
    public void Chance_is_the_upper_tail_of_the_poisson_distribution(int events, double usual, double expected) =>
        Assert.Equal(expected, SystemFault.Chance(events, usual), expected * 1e-3);

    private Story CrashesThenLives(double hours)
    {
        _crashes++;
        return Lives(hours / 24);
    }

    private Story Lives(double days)
    {
        for (var until = _at + (days * Day); _at < until; _at += 600) _terminal.At(_at).Reports(Told);
        return _terminal;
    }

    private void Told(Report report) => (report.System, report.Heartbeat) =
        (new() { Crashes = _crashes, Reboots = _reboots, App = _app }, new() { IntervalSeconds = 600 });
}
