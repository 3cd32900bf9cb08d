namespace Fleet.Grains.Reports;

/// <summary>
/// The words of the wire's enumerations. Case, dashes, underscores and spaces do not matter: <c>paper-out</c>,
/// <c>paperOut</c> and <c>PAPER_OUT</c> are one word. A word that is not known reads as Unknown: a newer firmware's
/// new state must not cost us the rest of its report.
/// </summary>
internal static class Words
{
    /// <summary>Longer than any word we know.</summary>
    private const int Longest = 16;

    public static PrinterState PrinterState(ReadOnlySpan<byte> text)
    {
        Span<byte> word = stackalloc byte[Longest];
        return Plain(text, word) switch
        {
            var w when w.SequenceEqual("ok"u8) => Reports.PrinterState.Ok,
            var w when w.SequenceEqual("busy"u8) => Reports.PrinterState.Busy,
            var w when w.SequenceEqual("paperout"u8) || w.SequenceEqual("outofpaper"u8) => Reports.PrinterState.PaperOut,
            var w when w.SequenceEqual("paperlow"u8) => Reports.PrinterState.PaperLow,
            var w when w.SequenceEqual("coveropen"u8) => Reports.PrinterState.CoverOpen,
            var w when w.SequenceEqual("jam"u8) => Reports.PrinterState.Jam,
            var w when w.SequenceEqual("overheat"u8) => Reports.PrinterState.Overheat,
            var w when w.SequenceEqual("malfunction"u8) => Reports.PrinterState.Malfunction,
            var w when w.SequenceEqual("voltagelow"u8) => Reports.PrinterState.VoltageLow,
            _ => Reports.PrinterState.Unknown,
        };
    }

    /// <summary>The word as docs/wire.md writes it.</summary>
    public static string Text(PrinterState state) => state switch
    {
        Reports.PrinterState.Ok => "ok",
        Reports.PrinterState.Busy => "busy",
        Reports.PrinterState.PaperOut => "paper-out",
        Reports.PrinterState.PaperLow => "paper-low",
        Reports.PrinterState.CoverOpen => "cover-open",
        Reports.PrinterState.Jam => "jam",
        Reports.PrinterState.Overheat => "overheat",
        Reports.PrinterState.Malfunction => "malfunction",
        Reports.PrinterState.VoltageLow => "voltage-low",
        _ => "unknown",
    };

    private static readonly string[] s_rats = ["unknown", "gsm", "umts", "lte", "nr"];

    public static string Text(Rat rat) => s_rats[(int)rat];

    public static Link Link(ReadOnlySpan<byte> text)
    {
        Span<byte> word = stackalloc byte[Longest];
        return Plain(text, word) switch
        {
            var w when w.SequenceEqual("cellular"u8) => Reports.Link.Cellular,
            var w when w.SequenceEqual("wifi"u8) => Reports.Link.Wifi,
            var w when w.SequenceEqual("wired"u8) => Reports.Link.Wired,
            var w when w.SequenceEqual("none"u8) => Reports.Link.None,
            _ => Reports.Link.Unknown,
        };
    }

    /// <summary>The word as docs/wire.md writes it.</summary>
    public static string Text(Link link) => link switch
    {
        Reports.Link.Cellular => "cellular",
        Reports.Link.Wifi => "wifi",
        Reports.Link.Wired => "wired",
        Reports.Link.None => "none",
        _ => "unknown",
    };

    public static Rat Rat(ReadOnlySpan<byte> text)
    {
        Span<byte> word = stackalloc byte[Longest];
        return Plain(text, word) switch
        {
            var w when w.SequenceEqual("lte"u8) => Reports.Rat.Lte,
            var w when w.SequenceEqual("nr"u8) => Reports.Rat.Nr,
            var w when w.SequenceEqual("umts"u8) => Reports.Rat.Umts,
            var w when w.SequenceEqual("gsm"u8) => Reports.Rat.Gsm,
            _ => Reports.Rat.Unknown,
        };
    }

    public static SimState SimState(ReadOnlySpan<byte> text)
    {
        Span<byte> word = stackalloc byte[Longest];
        return Plain(text, word) switch
        {
            var w when w.SequenceEqual("ready"u8) => Reports.SimState.Ready,
            var w when w.SequenceEqual("absent"u8) => Reports.SimState.Absent,
            var w when w.SequenceEqual("error"u8) => Reports.SimState.Error,
            var w when w.SequenceEqual("locked"u8) => Reports.SimState.Locked,
            var w when w.SequenceEqual("denied"u8) => Reports.SimState.Denied,
            _ => Reports.SimState.Unknown,
        };
    }

    /// <summary>The word as docs/wire.md writes it.</summary>
    public static string Text(SimState state) => state switch
    {
        Reports.SimState.Ready => "ready",
        Reports.SimState.Absent => "absent",
        Reports.SimState.Error => "error",
        Reports.SimState.Locked => "locked",
        Reports.SimState.Denied => "denied",
        _ => "unknown",
    };

    /// <summary>The word as docs/wire.md writes it.</summary>
    public static string Text(PowerSource source) => source switch
    {
        Reports.PowerSource.Mains => "mains",
        Reports.PowerSource.Battery => "battery",
        _ => "unknown",
    };

    public static PowerSource PowerSource(ReadOnlySpan<byte> text)
    {
        Span<byte> word = stackalloc byte[Longest];
        return Plain(text, word) switch
        {
            var w when w.SequenceEqual("mains"u8) => Reports.PowerSource.Mains,
            var w when w.SequenceEqual("battery"u8) => Reports.PowerSource.Battery,
            _ => Reports.PowerSource.Unknown,
        };
    }

    /// <summary>The text in lower case without what joins words; empty where it is longer than any word.</summary>
    private static ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> text, Span<byte> word)
    {
        var length = 0;
        foreach (var b in text)
        {
            if (b is (byte)'-' or (byte)'_' or (byte)' ') continue;
            if (length == word.Length) return default;
            word[length++] = b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
        }
        return word[..length];
    }
}
