namespace Fleet.Grains.Reports;

/// <summary>Why a payload was not taken. The names are the values of the counter's tag and of docs/wire.md.</summary>
public enum Refusal : byte
{
    None,
    NotJson,
    WrongType,
    OutOfRange,
    TooLarge,
    TooDeep,
    CardNumber,
    ClockOff,
    UnknownTopic,
    ForeignSerial,
    BadSerial,
}

/// <summary>The section a topic's last level names; <see cref="Report"/> is the whole report, <see cref="Event"/> has its form.</summary>
public enum Section : byte { Report, Event, Heartbeat, Printer, Signal, Reader, Payment, Power, System, Security, Status, Result }
