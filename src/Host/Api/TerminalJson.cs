using Fleet.Alerts;
using Fleet.Alerts.Book;
using Fleet.Grains;
using Fleet.Grains.Terminals;
using Fleet.Store;

namespace Fleet.Host.Api;

/// <summary>The newest report of a terminal: its own time and number, and when it came.</summary>
internal sealed record LastReport(string At, long Seq, string? ReceivedAt);

/// <summary>When something will happen: most likely then, and hardly before or after these.</summary>
internal sealed record ForecastJson(string At, string Earliest, string Latest)
{
    public static ForecastJson? Of(Forecast? forecast) => forecast is { } known
        ? new(Iso8601.Text(known.AtMs), Iso8601.Text(known.EarliestMs), Iso8601.Text(known.LatestMs))
        : null;
}

/// <summary>A terminal in a list: what the registry knows, and what is wrong.</summary>
internal sealed record TerminalEntry(string Serial, string Merchant, string Site, string Model, string Carrier, string? Address, string? Region, IEnumerable<string> Faults)
{
    public static TerminalEntry Of(RegisteredTerminal terminal, IEnumerable<string> faults) =>
        new(terminal.Serial, terminal.Merchant, terminal.Site, terminal.Model, terminal.Carrier, terminal.Address, terminal.Region, faults);
}

/// <summary>One terminal: what the registry knows of it, what it said last, and what is wrong.</summary>
internal sealed record TerminalJson
{
    public required string Serial { get; init; }
    public required string? Merchant { get; init; }
    public required string? Site { get; init; }
    public required string? Model { get; init; }
    public required string? Carrier { get; init; }
    public required string? Address { get; init; }
    public required string? Region { get; init; }
    public required LastReport? LastReport { get; init; }

    /// <summary>How many distinct reports were applied, and the sum of their numbers: together proof that none was lost or doubled.</summary>
    public required long Reports { get; init; }
    public required long SeqSum { get; init; }
    public required long Late { get; init; }
    public required long Duplicates { get; init; }
    public required bool Connected { get; init; }

    /// <summary>The faults of its alerts that are not cleared.</summary>
    public required IEnumerable<string> Faults { get; init; }
    public required double? ReceiptsLeft { get; init; }
    public required double? Battery { get; init; }
    public required double? Paper { get; init; }
    public required string? PrinterState { get; init; }
    public required string? SignalClass { get; init; }
    public required double? RsrpDbm { get; init; }

    /// <summary>What its place usually gives.</summary>
    public required double? UsualRsrpDbm { get; init; }
    public required string? Firmware { get; init; }
    public required string? App { get; init; }

    /// <summary>Payments in each hour of the day, UTC, when it trades then, and how much one is in the currency's minor unit; null where that is not known.</summary>
    public required double[]? UsualPaymentsByHour { get; init; }
    public required double? UsualAmountPerPayment { get; init; }

    /// <summary>When the roll will be used up, the battery it runs on empty, the battery worn out, and a reader dirty; null where that is not known.</summary>
    public required ForecastJson? PaperEnd { get; init; }
    public required ForecastJson? BatteryEmpty { get; init; }
    public required ForecastJson? BatteryReplacement { get; init; }
    public required ForecastJson? ReaderCleaning { get; init; }

    /// <summary>How well it is, and why.</summary>
    public TerminalHealth Health { get; init; } = new(100, []);

    /// <summary>The faults that its forecasts promise: of what is used up within the day, of dirt within the week, of wear within the month.</summary>
    public static IEnumerable<string> Foreseen(TerminalView? heard, long nowMs)
    {
        if (Within(heard?.PaperEnd, TimeSpan.FromDays(1))) yield return "paper-out";
        if (Within(heard?.BatteryEmpty, TimeSpan.FromDays(1))) yield return "battery-low";
        if (Within(heard?.ReaderCleaning, TimeSpan.FromDays(7))) yield return "reader-dirty";
        if (Within(heard?.BatteryReplacement, TimeSpan.FromDays(30))) yield return "battery-worn";

        bool Within(Forecast? forecast, TimeSpan span) => forecast is { } known && known.AtMs - nowMs <= span.TotalMilliseconds;
    }

    /// <summary>Either may be missing: one registered but never heard, or heard but not registered.</summary>
    public static TerminalJson Of(string serial, RegisteredTerminal? registered, TerminalView? heard, IEnumerable<string> faults) => new()
    {
        Serial = serial,
        Merchant = registered?.Merchant,
        Site = registered?.Site,
        Model = registered?.Model,
        Carrier = registered?.Carrier,
        Address = registered?.Address,
        Region = registered?.Region,
        LastReport = heard is { LastAtMs: > 0 }
            ? new(Iso8601.Text(heard.LastAtMs), heard.LastSeq, heard.LastReceivedAtMs > 0 ? Iso8601.Text(heard.LastReceivedAtMs) : null)
            : null,
        Reports = heard?.Reports ?? 0,
        SeqSum = heard?.SeqSum ?? 0,
        Late = heard?.Late ?? 0,
        Duplicates = heard?.Duplicates ?? 0,
        Connected = heard?.Connected ?? false,
        Faults = faults,
        ReceiptsLeft = heard?.ReceiptsLeft,
        Battery = heard?.Battery,
        Paper = heard?.Paper,
        PrinterState = heard?.PrinterState,
        SignalClass = heard?.SignalClass,
        RsrpDbm = heard?.RsrpDbm,
        UsualRsrpDbm = heard?.UsualRsrpDbm,
        Firmware = heard?.Firmware,
        App = heard?.App,
        UsualPaymentsByHour = heard?.UsualPaymentsByHour,
        UsualAmountPerPayment = heard?.UsualAmountPerPayment,
        PaperEnd = ForecastJson.Of(heard?.PaperEnd),
        BatteryEmpty = ForecastJson.Of(heard?.BatteryEmpty),
        BatteryReplacement = ForecastJson.Of(heard?.BatteryReplacement),
        ReaderCleaning = ForecastJson.Of(heard?.ReaderCleaning),
    };
}
