using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A terminal that reports every five minutes, with so many millions of bytes free.</summary>
public sealed class FreeSpaceTests
{
    private readonly Story _terminal = new();
    private int _reports;

    [Fact]
    public void Memory_that_falls_under_the_threshold_and_stays_there_is_a_fault()
    {
        Memory(150, times: 300).FindsNothing();
        Memory(50, times: 2).FindsNothing();
        Memory(50, times: 1).Raises("memory-low");
        Assert.Equal((50e6, 64e6), (_terminal.Evidence("freeBytes"), _terminal.Evidence("lowBytes")));
        Assert.InRange((double)_terminal.Evidence("usualFreeBytes")!, 145e6, 150e6);
        Memory(80, times: 20).FindsNothing();
        Memory(140, times: 2).FindsNothing();
        Memory(140, times: 1).Clears("memory-low");
    }

    [Fact]
    public void A_hold_ends_without_another_reading()
    {
        _terminal.At(0).Reports(report => report.Heartbeat = new() { IntervalSeconds = 300 });
        Memory(150, times: 300);
        Memory(50, times: 1).IsStoredAndLoaded();
        var seen = 300 * (_reports - 1);
        _terminal.At(seen + 599).HearsNothing().FindsNothing().At(seen + 600).HearsNothing().Raises("memory-low");
        Assert.Equal((64e6, 600d), (_terminal.Evidence("lowBytes"), _terminal.Evidence("heldSeconds")));
    }

    [Fact]
    public void Storage_that_fills_up_over_days_is_found_before_it_is_full()
    {
        for (var free = 900; free > 190; free -= 1) Storage(free, times: 3);
        Storage(190, times: 8).Raises("storage-low");
        Storage(30, times: 50).FindsNothing();
        Storage(400, times: 8).Clears("storage-low");
    }

    [Fact]
    public void A_small_terminal_that_always_has_little_is_not_falling() => Memory(50, times: 2000).FindsNothing();

    [Fact]
    public void Next_to_nothing_is_a_fault_even_where_it_is_usual() => Memory(15, times: 4).Raises("memory-low");

    [Fact]
    public void A_moment_of_much_work_is_no_fault()
    {
        Memory(150, times: 100);
        for (var i = 0; i < 20; i++)
        {
            Memory(30, times: 2);
            Memory(150, times: 2);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void Thresholds_that_contradict_each_other_are_named() =>
        Assert.Equal(
            ["Faults:StorageLow:CriticalBytes is 2000; it must be from 0 to 1000.", "Faults:StorageLow:LowBytes is 1000; it must be below Faults:StorageLow:ClearBytes, which is 900."],
            new FaultLimits { StorageLow = new() { LowBytes = 1000, CriticalBytes = 2000, ClearBytes = 900 } }.Check());

    private Story Memory(int millions, int times) => Has(new() { MemoryFreeBytes = millions * 1_000_000L }, times);

    private Story Storage(int millions, int times) => Has(new() { StorageFreeBytes = millions * 1_000_000L }, times);

    private Story Has(SystemHealth system, int times)
    {
        for (var i = 0; i < times; i++) _terminal.At(300 * _reports++).Reports(report => report.System = system);
        return _terminal;
    }
}
