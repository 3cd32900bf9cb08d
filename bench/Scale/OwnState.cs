using Fleet.Bench.Load;
using Fleet.Grains;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Bench.Scale;

/// <summary>What a terminal's own state weighs: terminals that have reported everything a report can have, before and after, by the collector's word.</summary>
internal static class OwnState
{
    private const int Terminals = 20_000;
    private const int Reports = 20;
    private const long StartMs = 1_790_000_000_000;

    public static double BytesPerTerminal()
    {
        var terminals = new Terminal[Terminals];
        string[] serials = [.. Enumerable.Range(0, Terminals).Select(ReportPacket.Serial)]; // everybody else knows it by the same string
        var findings = new List<Finding>();
        Live(new(ReportPacket.Serial(0)), findings); // whatever is made once for all
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Terminals; i++) Live(terminals[i] = new(serials[i]), findings);
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Terminals;
        GC.KeepAlive(terminals);
        GC.KeepAlive(serials);
        return bytes;
    }

    private static void Live(Terminal terminal, List<Finding> findings)
    {
        for (var n = 0; n < Reports; n++)
        {
            var report = Everything(terminal.Serial, n);
            terminal.Apply(new(InputKind.Report, report.ReceivedAtMs, report), findings);
        }
        findings.Clear();
    }

    private static Report Everything(string serial, int n)
    {
        var atMs = StartMs + (n * 60_000L);
        Reads Reads() => new() { Ok = 1000 + n, Failed = 3, Cards = 3, Unreadable = 1 };
        return new()
        {
            Serial = serial,
            AtMs = atMs,
            ReceivedAtMs = atMs + 50,
            Seq = n + 1,
            HasSeq = true,
            Heartbeat = new() { UptimeSeconds = 1000 + (60 * n), IntervalSeconds = 60 },
            Printer = new() { State = PrinterState.Ok, Paper = 0.8, Lines = 1000 + (30 * n), Cuts = 500 + n, Faults = 2, HeadCelsius = 31 },
            Signal = new() { Link = Link.Cellular, Rat = Rat.Lte, Sim = SimState.Ready, RssiDbm = -61, RsrpDbm = -88, SnrDb = 14.5, Carrier = "460-00", Cell = "460-00-1234-567890", Iccid = "89860000000000001234" },
            Reader = new() { Swipe = Reads(), Chip = Reads(), Tap = Reads() },
            Payment = new() { Approved = 1000 + n, Receipts = 1000 + n, Amount = 100_000 + (1_000 * n), Unsent = 0, Declined = [new("51", 3), new("55", 2)] },
            Power = new() { Source = PowerSource.Mains, Battery = 0.9, Volts = 7.6, Celsius = 30, Cycles = 120, Health = 0.95 },
            System = new() { MemoryFreeBytes = 300_000_000, StorageFreeBytes = 2_000_000_000, Reboots = 4, Crashes = 1, Firmware = "7.0.1", App = "3.4.2", Patch = "2026-08" },
            Security = new() { Tamper = false, PasswordLocked = false, Latitude = 31.22, Longitude = 121.48, AccuracyMetres = 12 },
        };
    }
}
