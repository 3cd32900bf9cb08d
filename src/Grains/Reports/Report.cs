namespace Fleet.Grains.Reports;

/// <summary>
/// What a terminal said in one message, decoded once from the wire (docs/wire.md). Every section may be missing.
/// Counters are cumulative since the terminal's counter reset. Treated as immutable once read.
/// </summary>
[GenerateSerializer, Immutable, Alias("fleet.report")]
public sealed class Report
{
    /// <summary>The terminal's serial: the identity, taken from the topic.</summary>
    [Id(0)] public required string Serial { get; init; }

    /// <summary>The terminal's own time of the report, Unix milliseconds UTC; the arrival time where it gave none.</summary>
    [Id(1)] public long AtMs { get; internal set; }

    /// <summary>When the journal took it, Unix milliseconds UTC.</summary>
    [Id(2)] public long ReceivedAtMs { get; init; }

    /// <summary>The terminal's own number of this message; without one, its place in the journal.</summary>
    [Id(3)] public long Seq { get; internal set; }

    /// <summary>Whether <see cref="Seq"/> came from the terminal.</summary>
    [Id(4)] public bool HasSeq { get; internal set; }

    [Id(5)] public Heartbeat? Heartbeat { get; internal set; }
    [Id(6)] public Printer? Printer { get; internal set; }
    [Id(7)] public Signal? Signal { get; internal set; }
    [Id(8)] public CardReader? Reader { get; internal set; }
    [Id(9)] public Payment? Payment { get; internal set; }
    [Id(10)] public Power? Power { get; internal set; }
    [Id(11)] public SystemHealth? System { get; internal set; }
    [Id(12)] public Security? Security { get; internal set; }

    /// <summary>Another one that says the same, before anybody has read it.</summary>
    internal Report Copy() => (Report)MemberwiseClone();
}

[GenerateSerializer, Immutable, Alias("fleet.heartbeat")]
public sealed class Heartbeat
{
    [Id(0)] public long? UptimeSeconds { get; internal set; }

    /// <summary>The terminal's own report interval in seconds; silence is measured against it.</summary>
    [Id(1)] public int? IntervalSeconds { get; internal set; }
}

public enum PrinterState : byte { Unknown, Ok, Busy, PaperOut, PaperLow, CoverOpen, Jam, Overheat, Malfunction, VoltageLow }

[GenerateSerializer, Immutable, Alias("fleet.printer")]
public sealed class Printer
{
    [Id(0)] public PrinterState? State { get; internal set; }

    /// <summary>Share of the roll that is left, 0 to 1.</summary>
    [Id(1)] public double? Paper { get; internal set; }

    [Id(2)] public long? Lines { get; internal set; }
    [Id(3)] public long? Cuts { get; internal set; }
    [Id(4)] public long? Faults { get; internal set; }
    [Id(5)] public double? HeadCelsius { get; internal set; }

    /// <summary>Another one that says the same, before anybody has read it.</summary>
    internal Printer Copy() => (Printer)MemberwiseClone();
}

public enum Link : byte { Unknown, Cellular, Wifi, Wired, None }

/// <summary>Radio access technology of a cellular link.</summary>
public enum Rat : byte { Unknown, Gsm, Umts, Lte, Nr }

public enum SimState : byte { Unknown, Ready, Absent, Error, Locked, Denied }

[GenerateSerializer, Immutable, Alias("fleet.signal")]
public sealed class Signal
{
    [Id(0)] public Link? Link { get; internal set; }
    [Id(1)] public Rat? Rat { get; internal set; }
    [Id(2)] public double? RssiDbm { get; internal set; }
    [Id(3)] public double? RsrpDbm { get; internal set; }
    [Id(4)] public double? RsrqDb { get; internal set; }
    [Id(5)] public double? SnrDb { get; internal set; }
    [Id(6)] public string? Cell { get; internal set; }
    [Id(7)] public string? Carrier { get; internal set; }
    [Id(8)] public SimState? Sim { get; internal set; }
    [Id(9)] public string? Iccid { get; internal set; }
}

/// <summary>The counters of one way to read a card; names follow UnifiedPOS (GoodReadCount, FailedReadCount, UnreadableCardCount).</summary>
[GenerateSerializer, Immutable, Alias("fleet.reads")]
public sealed class Reads
{
    [Id(0)] public long? Ok { get; internal set; }
    [Id(1)] public long? Failed { get; internal set; }
    [Id(2)] public long? Unreadable { get; internal set; }

    /// <summary>How many different cards were among the failed reads, counted on the terminal; cumulative like the rest.</summary>
    [Id(3)] public long? Cards { get; internal set; }
}

[GenerateSerializer, Immutable, Alias("fleet.reader")]
public sealed class CardReader
{
    [Id(0)] public Reads? Swipe { get; internal set; }
    [Id(1)] public Reads? Chip { get; internal set; }
    [Id(2)] public Reads? Tap { get; internal set; }
}

/// <summary>How often the host answered with one response code (ISO 8583 field 39).</summary>
[GenerateSerializer, Immutable, Alias("fleet.decline")]
public readonly record struct Decline([property: Id(0)] string Code, [property: Id(1)] long Count);

[GenerateSerializer, Immutable, Alias("fleet.payment")]
public sealed class Payment
{
    [Id(0)] public long? Approved { get; internal set; }
    [Id(1)] public Decline[]? Declined { get; internal set; }
    [Id(2)] public long? Receipts { get; internal set; }
    [Id(3)] public long? Unsent { get; internal set; }

    /// <summary>Takings, cumulative, in the currency's minor unit.</summary>
    [Id(4)] public long? Amount { get; internal set; }

    [Id(5)] public long? Voids { get; internal set; }
    [Id(6)] public long? Refunds { get; internal set; }
}

public enum PowerSource : byte { Unknown, Mains, Battery }

[GenerateSerializer, Immutable, Alias("fleet.power")]
public sealed class Power
{
    [Id(0)] public PowerSource? Source { get; internal set; }

    /// <summary>Charge, 0 to 1.</summary>
    [Id(1)] public double? Battery { get; internal set; }
    [Id(2)] public double? Volts { get; internal set; }
    [Id(3)] public double? Celsius { get; internal set; }
    [Id(4)] public long? Cycles { get; internal set; }

    /// <summary>Capacity against new, 0 to 1.</summary>
    [Id(5)] public double? Health { get; internal set; }
}

[GenerateSerializer, Immutable, Alias("fleet.system")]
public sealed class SystemHealth
{
    [Id(0)] public long? MemoryFreeBytes { get; internal set; }
    [Id(1)] public long? StorageFreeBytes { get; internal set; }
    [Id(2)] public long? Reboots { get; internal set; }
    [Id(3)] public long? Crashes { get; internal set; }
    [Id(4)] public string? Firmware { get; internal set; }
    [Id(5)] public string? App { get; internal set; }
    [Id(6)] public string? Patch { get; internal set; }
    [Id(7)] public string[]? Errors { get; internal set; }
}

[GenerateSerializer, Immutable, Alias("fleet.security")]
public sealed class Security
{
    [Id(0)] public bool? Tamper { get; internal set; }
    [Id(1)] public bool? PasswordLocked { get; internal set; }
    [Id(2)] public double? Latitude { get; internal set; }
    [Id(3)] public double? Longitude { get; internal set; }

    /// <summary>Whether its payment keys are gone, which a terminal does to itself when it is opened.</summary>
    [Id(4)] public bool? KeysErased { get; internal set; }

    /// <summary>Of latitude and longitude, as the receiver estimates it: the radius that holds the place two times in three.</summary>
    [Id(5)] public double? AccuracyMetres { get; internal set; }

    /// <summary>Another one that says the same, before anybody has read it.</summary>
    internal Security Copy() => (Security)MemberwiseClone();
}
