using Fleet.Grains;
using Fleet.Grains.Neighbours;
using NoStartFault = Fleet.Grains.Faults.NoStart;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>
/// A town of 300 shops with two terminals each, T0 and T1 in S0 and so on. The first 200 shops have carrier C alone, the
/// others C and D; one more terminal, "lone", shares nothing with anybody. Eight terminals of shops S0 to S7 live in cell X.
/// </summary>
public sealed class NeighbourhoodTests
{
    private readonly Neighbourhood _town = new(Around, subject => subject switch { "carrier:C" => 500, "carrier:D" => 100, "cell:X" => 8, "site:L" => 1, _ => 2 }, new Holding(), new Census());

    [Fact]
    public void A_lone_terminals_fault_is_told_at_once()
    {
        Raise("lone", 100);
        Assert.Equal(["lone offline Raised"], Told(100));
    }

    [Fact]
    public void One_terminals_fault_is_told_when_its_neighbours_have_had_their_time_and_then_that_it_is_over()
    {
        Raise("T0", 100);
        Assert.Empty(Told(159));
        Assert.Equal(["T0 offline Raised"], Told(160));
        Assert.Empty(Told(161));
        Clear("T0", 100, at: 200);
        Assert.Equal(["T0 offline Cleared"], Told(200));
    }

    [Fact]
    public void A_fault_that_is_over_before_it_was_told_is_never_told()
    {
        Raise("T0", 100);
        Clear("T0", 100, at: 130);
        Assert.Empty(Told(130).Concat(Told(1000)));
    }

    [Fact]
    public void A_fault_that_no_neighbour_can_show_does_not_wait()
    {
        Raise("T0", 100, "paper-out");
        Assert.Equal(["T0 paper-out Raised"], Told(100));
    }

    [Fact]
    public void A_power_cut_in_a_shop_is_one_finding_of_the_shop_and_none_of_its_terminals()
    {
        Raise("T0", 100);
        Raise("T1", 140);
        Assert.Empty(Told(141));
        Assert.Equal("site:S0", _town.CauseOf("T0", "offline"));
        Assert.Equal(["site:S0 site-outage Raised"], Told(171));
        Clear("T0", 100, at: 1000);
        Clear("T1", 140, at: 1001);
        Assert.Empty(Told(1002));
        Assert.Empty(Told(1061));
        Assert.Equal(["site:S0 site-outage Cleared"], Told(1062));
    }

    [Fact]
    public void A_carriers_bad_morning_is_one_finding_not_one_for_each_shop()
    {
        for (var i = 0; i < 400; i++) Raise($"T{i}", 100 + i % 50);
        var told = Enumerable.Range(100, 600).SelectMany(Told).ToList();
        Assert.Equal(["carrier:C carrier-outage Raised"], told);
        Assert.Equal("carrier:C", _town.CauseOf("site:S0", "site-outage"));
    }

    [Fact]
    public void Silence_with_low_power_on_a_carriers_bad_morning_is_no_terminal_that_does_not_start_but_a_boot_loop_is()
    {
        for (var i = 4; i < 400; i += 2) Raise($"T{i}", 100);
        _town.Hear(NoStart("T1", NoStartFault.Silent));
        _town.Hear(NoStart("T3", "boot loop"));
        var told = Enumerable.Range(100, 600).SelectMany(Told).ToList();
        Assert.Equal(["T3 no-start Raised", "carrier:C carrier-outage Raised"], told.Order(StringComparer.Ordinal));
        Assert.Equal("carrier:C", _town.CauseOf("T1", "no-start"));

        static Finding NoStart(string serial, string reason) =>
            Some(serial, 110, "no-start", FindingKind.Raised, 110) with { Evidence = [new("reason", Text: reason)] };
    }

    [Fact]
    public void A_shop_without_power_during_its_carriers_bad_morning_is_told_where_another_carriers_terminal_is_silent_too()
    {
        for (var i = 0; i < 400; i += 2) Raise($"T{i}", 100);
        Raise("T500", 100);
        Raise("T501", 101);
        var told = Enumerable.Range(100, 600).SelectMany(Told).ToList();
        Assert.Equal(["carrier:C carrier-outage Raised", "site:S250 site-outage Raised"], told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Who_does_not_come_back_with_the_others_is_told_after_a_grace()
    {
        for (var i = 0; i < 400; i += 2) Raise($"T{i}", 100);
        for (var second = 100; second < 200; second++) Told(second);
        for (var i = 2; i < 400; i += 2) Clear($"T{i}", 100, at: 2000);
        Assert.Empty(Told(2000));
        Assert.Equal(["carrier:C carrier-outage Cleared"], Told(2120));
        Assert.Empty(Told(2239));
        Assert.Equal(["T0 offline Raised"], Told(2240));
    }

    [Fact]
    public void Who_is_silent_when_the_cause_ends_after_closing_time_is_told_in_the_morning()
    {
        for (var i = 0; i < 400; i += 2) _town.Hear(Some($"T{i}", 100, "offline", FindingKind.Raised, 100) with { Evidence = [new("mayBeOffFromMs", Story.Ms(1900)), new("mayBeOffUntilMs", Story.Ms(9000))] });
        for (var second = 100; second < 200; second++) Told(second);
        for (var i = 2; i < 400; i += 2) Clear($"T{i}", 100, at: 2000);
        Assert.Empty(Told(2000));
        Assert.Equal(["carrier:C carrier-outage Cleared"], Told(2120));
        Assert.Empty(Told(8999));
        Assert.Equal(["T0 offline Raised"], Told(9000));
    }

    [Fact]
    public void A_cell_that_is_down_is_one_finding_of_the_cell_and_its_carrier_is_not_blamed()
    {
        for (var i = 0; i < 16; i += 2) Raise($"T{i}", 100 + i);
        var told = Enumerable.Range(100, 600).SelectMany(Told).ToList();
        Assert.Equal(["cell:X carrier-outage Raised"], told);
        Assert.Equal("cell:X", _town.CauseOf("T0", "offline"));
    }

    [Fact]
    public void A_carriers_bad_morning_is_no_matter_of_its_cells()
    {
        for (var i = 0; i < 400; i += 2) Raise($"T{i}", i < 16 ? 100 : 110);
        var told = Enumerable.Range(100, 600).SelectMany(Told).ToList();
        Assert.Equal(["carrier:C carrier-outage Raised"], told);
        Assert.Equal("carrier:C", _town.CauseOf("cell:X", "carrier-outage"));
    }

    [Fact]
    public void A_terminal_that_moved_to_another_cell_while_it_was_silent_still_ends_the_first_ones_fault()
    {
        var cell = "X";
        var town = new Neighbourhood(serial => new($"S{serial}", Cell: cell), subject => subject.StartsWith("cell:", StringComparison.Ordinal) ? 5 : 1, new Holding(), new Census());
        for (var i = 0; i < 5; i++) town.Hear(Some($"T{i}", 100, "offline", FindingKind.Raised, 100));
        for (var second = 100; second < 110; second++) town.Tick(Story.Ms(second));
        cell = "Y";
        for (var i = 0; i < 5; i++) town.Hear(Some($"T{i}", 100, "offline", FindingKind.Cleared, 200));
        Assert.Equal(["cell:X carrier-outage Cleared"], Enumerable.Range(200, 200).SelectMany(second => town.Tick(Story.Ms(second))).Select(f => $"{f.Subject} {f.Fault} {f.Kind}"));
    }

    [Fact]
    public void A_storm_of_ten_thousand_changes_is_heard_in_far_less_than_a_second()
    {
        var group = GroupKind.Carrier.New("carrier:C", 10_000, serial => serial);
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 10_000; i++) group.Hear(Some($"T{i}", 100, "offline", FindingKind.Raised, 100));
        Assert.NotNull(group.Tick(Story.Ms(101)));
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    private static Surroundings Around(string serial)
    {
        if (serial == "lone") return new("L");
        var number = int.Parse(serial.AsSpan(1), null);
        return new($"S{number / 2}", number >= 400 && number % 2 == 1 ? "D" : "C", number < 16 && number % 2 == 0 ? "X" : null);
    }

    private void Raise(string serial, int at, string fault = "offline") => _town.Hear(Some(serial, at, fault, FindingKind.Raised, at));

    private void Clear(string serial, int raised, int at, string fault = "offline") => _town.Hear(Some(serial, raised, fault, FindingKind.Cleared, at));

    private static Finding Some(string serial, int raised, string fault, FindingKind kind, int at) =>
        new(serial, fault, kind, Story.Ms(raised), Story.Ms(at), []);

    private IEnumerable<string> Told(int second) => [.. _town.Tick(Story.Ms(second)).Select(f => $"{f.Subject} {f.Fault} {f.Kind}")];
}
