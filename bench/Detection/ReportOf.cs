using Fleet.Grains.Reports;
using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>The simulator's plain values as a report, as if read from the wire.</summary>
internal static class ReportOf
{
    public static Report Readings(string serial, in Readings now, int intervalSeconds) => new()
    {
        Serial = serial, AtMs = now.AtMs, ReceivedAtMs = now.ReceivedAtMs, Seq = now.Seq, HasSeq = true,
        Heartbeat = new() { UptimeSeconds = now.UptimeSeconds, IntervalSeconds = intervalSeconds },
        Printer = new() { State = State(now.Printer), Paper = now.Paper, Lines = now.Lines, Cuts = now.Cuts, Faults = now.PrinterFaults, HeadCelsius = now.HeadCelsius },
        Signal = SignalOf(now),
        Reader = new() { Swipe = Reads(now.Swipe), Chip = Reads(now.Chip), Tap = Reads(now.Tap) },
        Payment = new()
        {
            Approved = now.Approved, Receipts = now.Receipts, Unsent = now.Unsent, Amount = now.Amount,
            Declined = [new("51", now.Declined51), new("55", now.Declined55), new("61", now.Declined61), new("75", now.Declined75), new("91", now.Declined91)],
        },
        Power = new()
        {
            Source = now.OnMains ? PowerSource.Mains : PowerSource.Battery, Volts = now.Volts, Celsius = now.Celsius,
            Battery = now.HasBattery ? now.Battery : null, Cycles = now.HasBattery ? now.Cycles : null, Health = now.HasBattery ? now.Health : null,
        },
        System = new()
        {
            MemoryFreeBytes = now.MemoryFree, StorageFreeBytes = now.StorageFree, Reboots = now.Reboots, Crashes = now.Crashes,
            Firmware = now.Firmware, App = now.App, Patch = now.Patch, Errors = now.Error is { } error ? [error] : [],
        },
        Security = new() { Tamper = now.Tamper, PasswordLocked = now.PasswordLocked, Latitude = now.Latitude, Longitude = now.Longitude },
    };

    private static Signal SignalOf(in Readings now)
    {
        if (now.Link != LinkKind.Cellular)
            return new() { Link = now.Link switch { LinkKind.Wifi => Link.Wifi, LinkKind.Wired => Link.Wired, _ => Link.None }, Sim = Sim(now), Iccid = now.Iccid };
        return new()
        {
            Link = Link.Cellular, Rat = Rat.Lte, RsrpDbm = now.RsrpDbm, SnrDb = now.SnrDb, RssiDbm = now.RsrpDbm + 24, Cell = now.Cell,
            Carrier = now.Carrier, Sim = Sim(now), Iccid = now.Iccid,
        };
    }

    private static SimState Sim(in Readings now) => now.SimDenied ? SimState.Denied : SimState.Ready;

    private static Reads Reads(in ReadCounts counts) => new() { Ok = counts.Ok, Failed = counts.Failed, Unreadable = counts.Unreadable, Cards = counts.Cards };

    private static PrinterState State(PrinterSays says) => says switch
    {
        PrinterSays.Ok => PrinterState.Ok,
        PrinterSays.PaperOut => PrinterState.PaperOut,
        PrinterSays.CoverOpen => PrinterState.CoverOpen,
        PrinterSays.Jam => PrinterState.Jam,
        PrinterSays.Malfunction => PrinterState.Malfunction,
        _ => PrinterState.VoltageLow,
    };
}
