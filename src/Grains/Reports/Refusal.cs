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
    TooMany,
    IdTaken,
}

/// <summary>What refusals are called.</summary>
public static class Refusals
{
    /// <summary>The reason's name on the outside: <c>card-number</c> for <see cref="Refusal.CardNumber"/>.</summary>
    public static string Name(Refusal refusal) =>
        string.Concat(refusal.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}

/// <summary>The section a topic's last level names; <see cref="Report"/> is the whole report, <see cref="Event"/> has its form.</summary>
public enum Section : byte { Report, Event, Heartbeat, Printer, Signal, Reader, Payment, Power, System, Security, Status, Result }
