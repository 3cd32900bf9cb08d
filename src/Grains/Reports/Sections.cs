namespace Fleet.Grains.Reports;

/// <summary>
/// The fields of each section: their names on the wire and the ranges they are believed in. Each <c>Read</c> reads the
/// field the walk stands on into its section, or says that it does not know it.
/// </summary>
internal static class Sections
{
    /// <summary>A terminal that reports less than once a week cannot be watched.</summary>
    private const int LongestIntervalSeconds = 7 * 24 * 60 * 60;

    public static Section? Named(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("heartbeat"u8) => Section.Heartbeat,
        _ when name.SequenceEqual("printer"u8) => Section.Printer,
        _ when name.SequenceEqual("signal"u8) => Section.Signal,
        _ when name.SequenceEqual("reader"u8) => Section.Reader,
        _ when name.SequenceEqual("payment"u8) => Section.Payment,
        _ when name.SequenceEqual("power"u8) => Section.Power,
        _ when name.SequenceEqual("system"u8) => Section.System,
        _ when name.SequenceEqual("security"u8) => Section.Security,
        _ => null,
    };

    public static bool Read(ref JsonFields json, Heartbeat to)
    {
        if (json.Name.SequenceEqual("uptime"u8)) to.UptimeSeconds = json.Count();
        else if (json.Name.SequenceEqual("interval"u8)) to.IntervalSeconds = (int?)json.Count(1, LongestIntervalSeconds);
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, Printer to)
    {
        if (json.Name.SequenceEqual("state"u8)) to.State = json.Word(Words.PrinterState);
        else if (json.Name.SequenceEqual("paper"u8)) to.Paper = json.Number(0, 1);
        else if (json.Name.SequenceEqual("lines"u8)) to.Lines = json.Count();
        else if (json.Name.SequenceEqual("cuts"u8)) to.Cuts = json.Count();
        else if (json.Name.SequenceEqual("faults"u8)) to.Faults = json.Count();
        else if (json.Name.SequenceEqual("headCelsius"u8)) to.HeadCelsius = Celsius(ref json);
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, Signal to)
    {
        if (json.Name.SequenceEqual("link"u8)) to.Link = json.Word(Words.Link);
        else if (json.Name.SequenceEqual("rat"u8)) to.Rat = json.Word(Words.Rat);
        else if (json.Name.SequenceEqual("rssi"u8)) to.RssiDbm = json.Number(-200, 0);
        else if (json.Name.SequenceEqual("rsrp"u8)) to.RsrpDbm = json.Number(-200, 0);
        else if (json.Name.SequenceEqual("rsrq"u8)) to.RsrqDb = json.Number(-100, 100);
        else if (json.Name.SequenceEqual("snr"u8)) to.SnrDb = json.Number(-100, 100);
        else if (json.Name.SequenceEqual("cell"u8)) to.Cell = json.Text();
        else if (json.Name.SequenceEqual("carrier"u8)) to.Carrier = json.Text();
        else if (json.Name.SequenceEqual("sim"u8)) to.Sim = json.Word(Words.SimState);
        else if (json.Name.SequenceEqual("iccid"u8)) to.Iccid = json.Text();
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, CardReader to)
    {
        if (json.Name.SequenceEqual("swipe"u8)) to.Swipe = Reads(ref json);
        else if (json.Name.SequenceEqual("chip"u8)) to.Chip = Reads(ref json);
        else if (json.Name.SequenceEqual("tap"u8)) to.Tap = Reads(ref json);
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, Payment to)
    {
        if (json.Name.SequenceEqual("approved"u8)) to.Approved = json.Count();
        else if (json.Name.SequenceEqual("declined"u8)) to.Declined = Declined(ref json);
        else if (json.Name.SequenceEqual("receipts"u8)) to.Receipts = json.Count();
        else if (json.Name.SequenceEqual("unsent"u8)) to.Unsent = json.Count();
        else if (json.Name.SequenceEqual("amount"u8)) to.Amount = json.Count();
        else if (json.Name.SequenceEqual("voids"u8)) to.Voids = json.Count();
        else if (json.Name.SequenceEqual("refunds"u8)) to.Refunds = json.Count();
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, Power to)
    {
        if (json.Name.SequenceEqual("source"u8)) to.Source = json.Word(Words.PowerSource);
        else if (json.Name.SequenceEqual("battery"u8)) to.Battery = json.Number(0, 1);
        else if (json.Name.SequenceEqual("volts"u8)) to.Volts = json.Number(0, 1000);
        else if (json.Name.SequenceEqual("celsius"u8)) to.Celsius = Celsius(ref json);
        else if (json.Name.SequenceEqual("cycles"u8)) to.Cycles = json.Count();
        else if (json.Name.SequenceEqual("health"u8)) to.Health = json.Number(0, 1);
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, SystemHealth to)
    {
        if (json.Name.SequenceEqual("memoryFree"u8)) to.MemoryFreeBytes = json.Count();
        else if (json.Name.SequenceEqual("storageFree"u8)) to.StorageFreeBytes = json.Count();
        else if (json.Name.SequenceEqual("reboots"u8)) to.Reboots = json.Count();
        else if (json.Name.SequenceEqual("crashes"u8)) to.Crashes = json.Count();
        else if (json.Name.SequenceEqual("firmware"u8)) to.Firmware = json.Text();
        else if (json.Name.SequenceEqual("app"u8)) to.App = json.Text();
        else if (json.Name.SequenceEqual("patch"u8)) to.Patch = json.Text();
        else if (json.Name.SequenceEqual("errors"u8)) to.Errors = Errors(ref json);
        else return false;
        return true;
    }

    public static bool Read(ref JsonFields json, Security to)
    {
        if (json.Name.SequenceEqual("tamper"u8)) to.Tamper = json.Flag();
        else if (json.Name.SequenceEqual("passwordLocked"u8)) to.PasswordLocked = json.Flag();
        else if (json.Name.SequenceEqual("lat"u8)) to.Latitude = json.Number(-90, 90);
        else if (json.Name.SequenceEqual("lon"u8)) to.Longitude = json.Number(-180, 180);
        else if (json.Name.SequenceEqual("keysErased"u8)) to.KeysErased = json.Flag();
        else if (json.Name.SequenceEqual("accuracy"u8)) to.AccuracyMetres = json.Number(0, 100_000);
        else return false;
        return true;
    }

    private static double? Celsius(ref JsonFields json) => json.Number(-100, 300);

    private static Reads? Reads(ref JsonFields json)
    {
        if (!json.IsObject()) return null;
        var reads = new Reads();
        while (json.NextField())
        {
            if (json.Name.SequenceEqual("ok"u8)) reads.Ok = json.Count();
            else if (json.Name.SequenceEqual("failed"u8)) reads.Failed = json.Count();
            else if (json.Name.SequenceEqual("unreadable"u8)) reads.Unreadable = json.Count();
            else if (json.Name.SequenceEqual("cards"u8)) reads.Cards = json.Count();
            else json.Skip();
        }
        return reads;
    }

    private static Decline[]? Declined(ref JsonFields json)
    {
        if (!json.IsObject()) return null;
        List<Decline> declines = [];
        while (json.NextField())
        {
            if (declines.Count == ReportReader.MostCodes) json.Refuse(Refusal.TooLarge);
            else if (json.NameText() is { } code && json.Count() is { } count) declines.Add(new(code, count));
        }
        return [.. declines];
    }

    private static string[]? Errors(ref JsonFields json)
    {
        if (!json.IsArray()) return null;
        List<string> errors = [];
        while (json.NextItem())
        {
            if (errors.Count == ReportReader.MostCodes) json.Refuse(Refusal.TooLarge);
            else if (json.Text() is { } error) errors.Add(error);
        }
        return [.. errors];
    }
}
