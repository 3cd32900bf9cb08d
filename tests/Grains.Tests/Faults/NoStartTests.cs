using Fleet.Grains;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class NoStartTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void Silence_after_low_power_is_a_terminal_that_does_not_start()
    {
        _terminal.At(0).GoesOnline().Reports(Power(PowerSource.Battery, 0.2)).At(60).Reports(Power(PowerSource.Battery, 0.03, volts: 3.31)).FindsNothing()
            .IsStoredAndLoaded().At(240).HearsNothing().Found(("battery-low", FindingKind.Raised), ("no-start", FindingKind.Raised));
        Assert.Equal(("silent after low power", 3d, 3.31, 180d), (_terminal.Evidence("reason"), _terminal.Evidence("chargePercent"), _terminal.Evidence("volts"), _terminal.Evidence("silentSeconds")));
        Assert.False(_terminal.View.Connected);
        Assert.Equal(0, _terminal.Terminal.DueAtMs);
        _terminal.At(300).IsSilentSince(60).FindsNothing()
            .At(4000).Reports(Power(PowerSource.Mains, 0.1)).FindsNothing()
            .At(4800).Reports().Clears("battery-low")
            .At(4900).Reports().Clears("no-start");
        Assert.Equal(15d, _terminal.Evidence("runningMinutes"));
        _terminal.At(5080).HearsNothing().Raises("offline");
    }

    [Fact]
    public void Its_evidence_says_what_an_hour_usually_takes()
    {
        for (var at = 0; at <= 15 * 86_400; at += 900)
            _terminal.At(at).Reports(report => (report.Payment, report.Power) = (new() { Approved = at / 900, Amount = at }, new() { Source = PowerSource.Mains, Battery = 1 })).FindsNothing();
        _terminal.At((15 * 86_400) + 60).Reports(Power(PowerSource.Battery, 0.03)).At((15 * 86_400) + 240).HearsNothing().Found(("battery-low", FindingKind.Raised), ("no-start", FindingKind.Raised));
        Assert.Equal(900d, Math.Round((double)_terminal.Evidence("usualAmountPerHour")! / (double)_terminal.Evidence("usualPaymentsPerHour")!));
    }

    [Fact]
    public void Silence_with_enough_power_is_offline() =>
        _terminal.At(0).Reports(Power(PowerSource.Battery, 0.03)).At(60).Reports(Power(PowerSource.Battery, 0.4)).At(240).HearsNothing().Raises("offline");

    [Fact]
    public void A_nearly_empty_battery_that_charges_is_none() =>
        _terminal.At(0).Reports(Power(PowerSource.Mains, 0.03)).At(180).HearsNothing().Raises("offline");

    [Fact]
    public void Power_that_was_low_long_ago_explains_nothing()
    {
        _terminal.At(0).Reports(Power(PowerSource.Battery, 0.05));
        for (var at = 100; at <= 2000; at += 100) _terminal.At(at).Reports();
        _terminal.At(2180).HearsNothing().Found(("battery-low", FindingKind.Raised), ("offline", FindingKind.Raised));
    }

    [Fact]
    public void Four_starts_after_short_runs_are_a_boot_loop()
    {
        _terminal.At(0).Reports(Runs(9000));
        for (var start = 1; start <= 4; start++) _terminal.At(start * 200).Reports(Runs(20)).At((start * 200) + 60).Reports(Runs(80)).FindsNothing();
        _terminal.At(1000).Reports(Runs(20)).Raises("no-start");
        Assert.Equal(("boot loop", 4d, 10d), (_terminal.Evidence("reason"), _terminal.Evidence("startsAfterShortRuns"), _terminal.Evidence("shortRunMinutes")));
        _terminal.At(1400).HearsNothing().FindsNothing() // it does not start: that is all
            .At(1500).Reports(Runs(10)).At(2300).Reports(Runs(810)).FindsNothing()
            .At(2400).Reports(Runs(910)).Clears("no-start");
    }

    [Fact]
    public void Where_reboots_are_counted_the_count_is_believed_and_no_start_counts_twice()
    {
        _terminal.At(0).Reports(Reboots(10, uptime: 9000)).At(100).Reports(Reboots(11, 5)).At(200).Reports(Runs(3)).At(201).Reports(Reboots(12, 4))
            .At(300).Reports(Runs(3)).At(301).Reports(Reboots(13, 4)).At(400).Reports(Runs(3)).FindsNothing()
            .At(401).Reports(Reboots(15, 4)).Raises("no-start");
    }

    [Fact]
    public void An_update_that_starts_twice_and_a_merchant_who_tries_once_more_are_none() =>
        _terminal.At(0).Reports(Reboots(1)).At(300).Reports(Reboots(2)).At(500).Reports(Reboots(3)).At(700).Reports(Reboots(4)).FindsNothing()
            .At(2000).Reports(Reboots(4)).At(2100).Reports(Reboots(5)).At(2200).Reports(Reboots(6)).FindsNothing();

    [Fact]
    public void Many_starts_in_a_night_that_nobody_heard_are_no_loop() =>
        _terminal.At(0).Reports(Reboots(1)).At(60).Reports(Reboots(2)).At(36_000).Reports(Reboots(12)).Raises("system-fault"); // so many are, but no loop

    private static Action<Report> Power(PowerSource source, double battery, double? volts = null) =>
        report => report.Power = new() { Source = source, Battery = battery, Volts = volts };

    private static Action<Report> Runs(long uptime) => report => report.Heartbeat = new() { UptimeSeconds = uptime, IntervalSeconds = 100 };

    private static Action<Report> Reboots(long reboots, long? uptime = null) => report =>
        (report.System, report.Heartbeat) = (new() { Reboots = reboots }, new() { UptimeSeconds = uptime, IntervalSeconds = 100 });
}
