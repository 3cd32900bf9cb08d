using Fleet.Grains.Neighbours;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Neighbours;

public sealed class CensusTests
{
    private const int Hour = 3600;

    private readonly Census _census = new();

    [Fact]
    public void A_terminal_counts_where_it_last_said_it_belongs_and_nowhere_else()
    {
        Says("T1", 0, app: "7.0.1", firmware: "1.4", cell: "A");
        Says("T2", 0, app: "7.0.1");
        Assert.Equal((2, 1, 1), (_census.CountOf("cohort:app:7.0.1"), _census.CountOf("cohort:firmware:1.4"), _census.CountOf("cell:A")));
        Says("T1", Hour, app: "7.1.0");
        Assert.Equal((1, 1), (_census.CountOf("cohort:app:7.0.1"), _census.CountOf("cohort:app:7.1.0")));
        Assert.Equal(new("T1", "7.1.0", Story.Ms(Hour), "1.4", 0, "A"), _census.Find("T1"));
        Assert.Equal(new Said("T3"), _census.Find("T3"));
    }

    [Fact]
    public void What_is_said_first_is_no_rollout_and_what_is_said_again_is_nothing_new()
    {
        Assert.True(Says("T1", 0, app: "7.0.1"));
        Assert.Equal(0, _census.Find("T1").AppSinceMs);
        Assert.False(Says("T1", 60, app: "7.0.1"));
        Assert.False(Says("T1", 120));
    }

    [Fact]
    public void On_the_border_of_two_cells_a_terminal_stays_in_one()
    {
        var changes = 0;
        for (var minute = 0; minute < 24 * 60; minute++)
            if (Says("T1", minute * 60, cell: minute % 2 == 0 ? "A" : "B")) changes++;
        Assert.Equal((1, 1, 0), (changes, _census.CountOf("cell:A"), _census.CountOf("cell:B")));
    }

    [Fact]
    public void Who_has_moved_to_another_cell_is_there_after_an_hour()
    {
        Says("T1", 0, cell: "A");
        Assert.False(Says("T1", 60, cell: "B"));
        Assert.False(Says("T1", Hour - 1, cell: "B"));
        Assert.True(Says("T1", Hour, cell: "B"));
        Assert.Equal((0, 1), (_census.CountOf("cell:A"), _census.CountOf("cell:B")));
    }

    [Fact]
    public void A_wired_terminal_that_uses_its_sim_for_a_while_lives_in_no_cell()
    {
        Says("T1", 0, link: Link.Wired, cell: "A");
        Assert.True(Says("T1", 1800, link: Link.Cellular, cell: "A"));
        Assert.Equal((null, Without.Cable), (_census.Find("T1").Cell, _census.Find("T1").Without));
        Says("T1", 3000, link: Link.Wired);
        Assert.Null(_census.Find("T1").Cell);
    }

    [Fact]
    public void A_terminal_that_is_off_its_cradle_now_and_then_does_without_mains_all_day_and_changes_twice()
    {
        var changes = 0;
        for (var minute = 0; minute < 24 * 60; minute++)
            if (Says("T1", minute * 60, source: minute is > 480 and < 1200 && minute % 50 < 3 ? PowerSource.Battery : PowerSource.Mains)) changes++;
        Assert.Equal((2, Without.Nothing), (changes, _census.Find("T1").Without));
        Says("T1", 86_400, source: PowerSource.Battery);
        Assert.Equal(Without.Mains, _census.Find("T1").Without);
    }

    [Fact]
    public void When_mains_went_is_kept_of_a_terminal_that_stands_on_them_and_had_them_for_an_hour()
    {
        Says("T1", 0, source: PowerSource.Mains, standsOnMains: true);
        Assert.True(Says("T1", 60, source: PowerSource.Battery, standsOnMains: true));
        Assert.False(Says("T1", 120, source: PowerSource.Battery, standsOnMains: true));
        Says("T2", 60, source: PowerSource.Battery);
        Assert.Equal([("T1", Story.Ms(60)), ("T2", 0)], _census.Lacking(["T1", "T2", "T3"], Without.Mains).Select(one => (one.Key, one.Value)).Order());
        Assert.True(Says("T1", 180, source: PowerSource.Mains, standsOnMains: true));
        Says("T1", 240, source: PowerSource.Battery, standsOnMains: true);
        Assert.Equal(("T1", 0), _census.Lacking(["T1"], Without.Mains).Select(one => (one.Key, one.Value)).Single());
    }

    [Fact]
    public void Whatever_is_invented_a_terminal_is_in_one_group_and_changes_six_times_an_hour_at_most()
    {
        var changes = 0;
        for (var second = 0; second < Hour; second++)
            if (Says("T1", second, app: $"app {second}", firmware: new string('x', 65), cell: "")) changes++;
        Assert.InRange(changes, 2, 7);
        var last = _census.Find("T1");
        Assert.Equal((null, null), (last.Firmware, last.Cell));
        Assert.Equal((1, 0), (_census.CountOf($"cohort:app:{last.App}"), _census.CountOf("cohort:app:app 0")));
    }

    [Fact]
    public void A_replay_of_what_was_said_before_the_last_change_changes_nothing()
    {
        Says("T1", 0, app: "7.0.1");
        Says("T1", Hour, app: "7.1.0");
        Assert.False(Says("T1", 60, app: "7.0.1"));
        Assert.False(Says("T1", Hour, app: "7.1.0"));
        Assert.Equal(("7.1.0", Story.Ms(Hour)), (_census.Find("T1").App, _census.Find("T1").AppSinceMs));
    }

    [Fact]
    public void What_has_changed_is_taken_once_and_again_where_it_could_not_be_stored()
    {
        Says("T1", 0, app: "7.0.1");
        Says("T2", 0, app: "7.0.1");
        var taken = _census.TakeChanged(1);
        Assert.Single(taken);
        Assert.Single(_census.TakeChanged(10));
        Assert.Empty(_census.TakeChanged(10));
        _census.GiveBack(taken);
        Assert.Equal(taken, _census.TakeChanged(10));
    }

    [Fact]
    public void What_is_stored_does_not_undo_what_has_changed_here_since()
    {
        _census.Put(new("T1", "7.0.1", 0, "1.4", 0, "A"), Story.Ms(0));
        Assert.Empty(_census.TakeChanged(10));
        Says("T1", Hour, app: "7.1.0");
        _census.Put(new("T1", "7.0.1", 0, "1.4", 0, "A"), Story.Ms(Hour));
        Assert.Equal("7.1.0", _census.Find("T1").App);
        Assert.Equal(1, _census.CountOf("cohort:app:7.1.0"));
    }

    private bool Says(string serial, int second, string? app = null, string? firmware = null, string? cell = null, Link? link = null, PowerSource? source = null, bool standsOnMains = false) => _census.Hear(new()
    {
        Serial = serial, AtMs = Story.Ms(second), ReceivedAtMs = Story.Ms(second),
        System = app is null && firmware is null ? null : new() { App = app, Firmware = firmware },
        Power = source is null ? null : new() { Source = source },
        Signal = cell is null && link is null ? null : new() { Cell = cell, Link = link },
    }, standsOnMains);
}
