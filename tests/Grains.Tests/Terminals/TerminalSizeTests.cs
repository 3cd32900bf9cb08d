using Fleet.Grains;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Terminals;

/// <summary>A million terminals live on one machine: what each takes is counted in bytes of the heap.</summary>
public sealed class TerminalSizeTests
{
    private readonly List<Finding> _findings = [];

    [Fact]
    public void A_terminal_with_all_its_detectors_is_under_a_kilobyte() => Assert.InRange(Allocated(() => new Terminal("T1")), 900, 1023);

    [Fact]
    public void While_nothing_is_wrong_a_report_takes_no_memory()
    {
        var (terminal, life) = (new Terminal("T1"), Life(failed: _ => 3));
        Hear(terminal, life, to: 50);
        Assert.Equal(0, Allocated(() => Hear(terminal, life, from: 50)));
        Assert.Empty(_findings);
    }

    [Fact]
    public void A_suspicion_takes_one_small_object_as_long_as_it_lasts()
    {
        var (one, other, life) = (new Terminal("T1"), new Terminal("T2"), Life(failed: n => n < 60 ? 3 : 4));
        Hear(one, life, to: 62);
        Assert.InRange(Allocated(() => Hear(other, life, to: 62)), 200, 600);
        Hear(one, life, from: 62);
        Assert.Equal(0, Allocated(() => Hear(new Terminal("T3"), life, to: 62)) - Allocated(() => new Terminal("T4"))); // it has the first one's
    }

    private Terminal Hear(Terminal terminal, Input[] life, int from = 0, int? to = null)
    {
        foreach (var input in life.AsSpan()[from..(to ?? life.Length)]) terminal.Apply(input, _findings);
        return terminal;
    }

    private static long Allocated(Func<Terminal> act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(act());
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Two hours of a terminal that has every section, a report a minute; each reads one more card.</summary>
    private static Input[] Life(Func<int, int> failed) => [.. Enumerable.Range(0, 120).Select(n =>
    {
        var report = Some.Report(n, n * 60, Some.Lte(-95, 8));
        Some.AllReaders(1000 + n, failed(n), failed(n))(report);
        Some.Payments(1000 + n, 1000 + n, declined: 5, unsent: 0)(report);
        Some.Security(31.2304, 12, isTampered: false, isLocked: false)(report);
        (report.Signal!.Sim, report.Signal.Iccid) = (SimState.Ready, "89860012345678901234");
        report.Printer = new() { State = PrinterState.Ok, Paper = 0.9, Lines = n * 30, Cuts = n, Faults = 2, HeadCelsius = 40 };
        report.Power = new() { Source = PowerSource.Mains, Battery = 1, Volts = 3.9, Health = 0.91, Cycles = 210, Celsius = 31 };
        report.System = new() { MemoryFreeBytes = 120_000_000, StorageFreeBytes = 900_000_000, Reboots = 4, Crashes = 1, Firmware = "1.4.2", App = "7.0.1", Patch = "2026-08" };
        report.Heartbeat = new() { UptimeSeconds = n * 60, IntervalSeconds = 60 };
        return new Input(InputKind.Report, report.ReceivedAtMs, report);
    })];
}
