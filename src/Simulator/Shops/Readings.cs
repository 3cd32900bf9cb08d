#pragma warning disable CA1051 // a report is filled in place millions of times a second: fields, and handed on by reference
namespace Fleet.Simulator.Shops;

public enum PrinterSays : byte { Ok, PaperOut, CoverOpen, Jam, Malfunction, VoltageLow }

public enum LinkKind : byte { Cellular, Wifi, Wired, None }

/// <summary>Cumulative counters of one way to read a card, as docs/wire.md has them.</summary>
public struct ReadCounts
{
    public long Ok, Failed, Unreadable, Cards;
}

/// <summary>What one report holds, as plain values: dBm, dB, °C, V, bytes, shares of one; counters are cumulative.</summary>
public struct Readings
{
    /// <summary>The device's own time and when the server gets it, Unix ms: apart where the clock is off or the report was stored.</summary>
    public long AtMs, ReceivedAtMs;

    /// <summary>Nothing is said at all: no power, no link, or planned night.</summary>
    public bool IsSilent;

    /// <summary>The session ended and came back just before this report.</summary>
    public bool Reconnected;

    /// <summary>The report comes twice, as QoS 1 may have it.</summary>
    public bool IsRepeated;

    public long Seq, UptimeSeconds, Lines, Cuts, PrinterFaults, Approved, Receipts, Unsent, Amount, Cycles, MemoryFree, StorageFree, Reboots, Crashes;
    public PrinterSays Printer;
    public LinkKind Link;
    public double Paper, HeadCelsius, RsrpDbm, SnrDb, Battery, Volts, Celsius, Health, Latitude, Longitude;
    public bool HasBattery, OnMains, SimDenied, Tamper, PasswordLocked;
    public string Cell, Carrier, Iccid, Firmware, App, Patch;
    public string? Error;
    public ReadCounts Swipe, Chip, Tap;
    public long Declined51, Declined55, Declined61, Declined75, Declined91;
}
