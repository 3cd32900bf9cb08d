using Fleet.Grains;
using Fleet.Grains.Neighbours;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>Two hundred terminals, T0 to T199, two to a site, run app 7.0.1 and firmware 1.4; days later T0 to T9 get app 7.1.0.</summary>
public sealed class CohortsTests
{
    private const int Minute = 60, Hour = 3600, Day = 24 * Hour;

    private readonly Census _census = new();
    private readonly List<Trouble> _troubles = [];
    private Cohorts _cohorts;

    public CohortsTests()
    {
        _cohorts = Begins();
        for (var i = 0; i < 200; i++) Runs(i, 0, "7.0.1", "1.4");
    }

    [Fact]
    public void A_version_whose_terminals_crash_as_no_others_do_is_one_finding_that_says_which_fault_and_how_often()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 8; i++) Fails(i, "system-fault", 3 * Day + 2 * Hour + i * Minute);
        Fails(150, "system-fault", 3 * Day + Hour);
        Assert.Empty(Look(3 * Day + 4 * Hour));
        var found = Assert.Single(Look(3 * Day + 4 * Hour + 10 * Minute));
        Assert.Equal(("cohort:app:7.1.0", "cohort-regression", FindingKind.Raised, Story.Ms(3 * Day + 2 * Hour)), (found.Subject, found.Fault, found.Kind, found.RaisedAtMs));
        Assert.Equal(["memberFault system-fault", "membersDown 8", "members 10", "perHundredTerminalDays 460.8", "usualPerHundredTerminalDays 3.03", "comparedWith other versions", "models A920"],
            found.Evidence.Select(e => FormattableString.Invariant($"{e.Name} {e.Text ?? (object?)e.Number}")));
    }

    [Fact]
    public void What_is_so_for_less_than_ten_minutes_is_not_said()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 8; i++) Fails(i, "system-fault", 3 * Day + 2 * Hour);
        Assert.Empty(Look(3 * Day + 4 * Hour));
        var all = _troubles.ToArray();
        _troubles.RemoveRange(0, 5);
        Assert.Empty(Look(3 * Day + 4 * Hour + 5 * Minute));
        _troubles.AddRange(all[..5]);
        Assert.Empty(Look(3 * Day + 4 * Hour + 10 * Minute));
    }

    [Fact]
    public void What_befalls_every_version_at_once_is_no_version_s_fault()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 160; i++) Fails(i, "error-code", 3 * Day + 2 * Hour);
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Fact]
    public void An_old_version_that_always_was_worse_is_no_regression()
    {
        for (var i = 200; i < 210; i++) Runs(i, 0, "6.0", "1.4");
        for (var i = 200; i < 210; i++) Fails(i, "system-fault", 3 * Day);
        FindsNothing(3 * Day + Hour);
    }

    [Fact]
    public void A_version_everybody_has_had_for_more_than_a_week_is_no_news()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 8; i++) Fails(i, "system-fault", 11 * Day);
        FindsNothing(11 * Day + Hour);
    }

    [Fact]
    public void Four_terminals_are_too_few_and_so_is_one_that_fails_often()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 4; i++) Fails(i, "system-fault", 3 * Day + Hour);
        for (var minute = 0; minute < 30; minute++) Fails(0, "system-fault", 3 * Day + 2 * Hour + minute * Minute);
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Fact]
    public void A_shop_with_bad_power_that_got_a_version_alone_is_the_shop()
    {
        for (var i = 300; i < 310; i++) Runs(i, 0, "7.0.1", "1.4");
        for (var i = 300; i < 310; i++) Runs(i, 3 * Day, "7.1.0");
        for (var i = 300; i < 310; i++) Fails(i, "system-fault", 3 * Day + Hour);
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Fact]
    public void Faults_from_before_the_update_are_not_the_updates()
    {
        for (var i = 0; i < 8; i++) Fails(i, "system-fault", 3 * Day - Hour);
        RollsOut(10, "7.1.0", at: 3 * Day);
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Fact]
    public void Faults_that_no_software_makes_are_not_counted()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 10; i++) Fails(i, "weak-signal", 3 * Day + Hour);
        for (var i = 0; i < 10; i++) Fails(i, "paper-out", 3 * Day + Hour);
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Fact]
    public void A_version_that_everybody_gets_is_compared_with_the_days_before()
    {
        for (var i = 0; i < 3; i++) Fails(100 + i, "system-fault", 3 * Day - 10 * Hour);
        RollsOut(200, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 30; i++) Fails(i, "system-fault", 3 * Day + 2 * Hour);
        Look(3 * Day + 4 * Hour);
        var found = Assert.Single(Look(3 * Day + 4 * Hour + 10 * Minute));
        Assert.Equal("before", found.Evidence.Single(e => e.Name == "comparedWith").Text);
    }

    [Fact]
    public void A_good_version_that_everybody_gets_is_as_bad_as_the_one_before_and_nobody_is_told()
    {
        for (var hour = 0; hour < 48; hour++) Fails(hour, "system-fault", Day + hour * Hour);
        RollsOut(200, "7.0.2", at: 3 * Day);
        for (var hour = 0; hour < 24; hour++)
        {
            Fails(100 + hour, "system-fault", 3 * Day + hour * Hour);
            FindsNothing(3 * Day + hour * Hour);
        }
    }

    [Fact]
    public void An_app_and_a_firmware_that_came_together_have_one_fault_between_them()
    {
        for (var i = 0; i < 10; i++) Runs(i, 3 * Day, "7.1.0", "1.5");
        for (var i = 0; i < 8; i++) Fails(i, "reader-fault", 3 * Day + Hour);
        Look(3 * Day + 4 * Hour);
        Assert.Equal("cohort:app:7.1.0", Assert.Single(Look(3 * Day + 4 * Hour + 10 * Minute)).Subject);
        Raised("cohort:app:7.1.0", "reader-fault", 3 * Day + Hour);
        FindsNothing(3 * Day + 5 * Hour);
    }

    [Fact]
    public void A_firmware_that_many_apps_run_on_is_found_as_such()
    {
        for (var i = 0; i < 10; i++) Runs(i, 3 * Day, firmware: "1.5");
        for (var i = 0; i < 8; i++) Fails(i, "print-head-fault", 3 * Day + Hour);
        Look(3 * Day + 4 * Hour);
        Assert.Equal("cohort:firmware:1.5", Assert.Single(Look(3 * Day + 4 * Hour + 10 * Minute)).Subject);
    }

    [Fact]
    public void Among_a_thousand_versions_one_must_be_worse_to_be_believed()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 6; i++) Fails(i, "system-fault", 3 * Day + Hour);
        for (var i = 1000; i < 2000; i++) _census.Put(new($"X{i}", Firmware: $"{i}"), Story.Ms(0));
        FindsNothing(3 * Day + 4 * Hour);
        for (var i = 1000; i < 2000; i++) _census.Put(new($"X{i}"), Story.Ms(0));
        Look(3 * Day + 4 * Hour);
        Assert.Single(Look(3 * Day + 4 * Hour + 10 * Minute));
    }

    [Fact]
    public void Terminals_that_lie_in_a_drawer_do_not_make_the_others_look_well()
    {
        // Of those that are on, half of either version fail.
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 20; i += 2) Fails(i, "system-fault", 3 * Day + Hour);
        for (var i = 20; i < 200; i++) Fails(i, "offline", Hour);
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Fact]
    public void It_stands_while_its_terminals_fail_and_is_over_when_they_have_gone_back()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 8; i++) Fails(i, "system-fault", 3 * Day + Hour);
        Raised("cohort:app:7.1.0", "system-fault", 3 * Day + Hour);
        FindsNothing(5 * Day);
        _cohorts = Begins(); // a restart
        FindsNothing(5 * Day + Hour);
        for (var i = 0; i < 8; i++) Runs(i, 5 * Day + 2 * Hour, "7.0.1");
        Assert.Empty(Look(5 * Day + 2 * Hour));
        var over = Assert.Single(Look(5 * Day + 2 * Hour + 10 * Minute));
        Assert.Equal((FindingKind.Cleared, Story.Ms(3 * Day + Hour)), (over.Kind, over.RaisedAtMs));
    }

    [Fact]
    public void Faults_that_were_gone_before_they_were_enough_are_no_news_and_what_is_over_is_not_found_again()
    {
        RollsOut(10, "7.1.0", at: 3 * Day);
        for (var i = 0; i < 8; i++) _troubles.Add(new($"T{i}", "system-fault", Story.Ms(3 * Day + Hour), IsCleared: i > 0));
        FindsNothing(3 * Day + 4 * Hour);
    }

    [Theory]
    [InlineData(5, 5, 0.05, -14.98)] // all of them: 5 ln 0.05, exactly
    [InlineData(1, 20, 0.05, 0)] // as many as are to be expected
    [InlineData(8, 10, 0.5, -1.93)] // the chance is 0.055, whose logarithm is -2.9: a bound
    public void The_tail_is_an_upper_bound_of_the_binomials(int count, int of, double share, double expected) =>
        Assert.Equal(expected, Cohorts.LogTail(count, of, share), 0.01);

    private Cohorts Begins() => new(_census, serial => int.Parse(serial.AsSpan(1), null) is >= 300 and < 310 ? "bad shop" : $"S{int.Parse(serial.AsSpan(1), null) / 2}", _ => "A920", CohortLimits.Default);

    private void RollsOut(int terminals, string app, int at)
    {
        for (var i = 0; i < terminals; i++) Runs(i, at, app);
    }

    private void Runs(int terminal, int second, string? app = null, string? firmware = null) =>
        _census.Hear(new() { Serial = $"T{terminal}", AtMs = Story.Ms(second), ReceivedAtMs = Story.Ms(second), System = new() { App = app, Firmware = firmware } });

    private void Fails(int terminal, string fault, int second) => _troubles.Add(new($"T{terminal}", fault, Story.Ms(second), IsCleared: false));

    private void Raised(string cohort, string fault, int second) => _troubles.Add(new(cohort, "cohort-regression", Story.Ms(second), IsCleared: false, fault));

    private IReadOnlyList<Finding> Look(int second) => _cohorts.Look(_troubles, Story.Ms(second));

    private void FindsNothing(int second)
    {
        Assert.Empty(Look(second));
        Assert.Empty(Look(second + 10 * Minute));
    }
}
