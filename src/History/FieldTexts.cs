using Fleet.Grains.Reports;

namespace Fleet.History;

/// <summary>The states of a report as they stand in string fields: snake_case, like the field names.</summary>
internal static class FieldTexts
{
    public static string Of(PrinterState state) => state switch
    {
        PrinterState.Ok => "ok",
        PrinterState.Busy => "busy",
        PrinterState.PaperOut => "paper_out",
        PrinterState.PaperLow => "paper_low",
        PrinterState.CoverOpen => "cover_open",
        PrinterState.Jam => "jam",
        PrinterState.Overheat => "overheat",
        PrinterState.Malfunction => "malfunction",
        PrinterState.VoltageLow => "voltage_low",
        _ => "unknown",
    };

    public static string Of(Link link) => link switch
    {
        Link.Cellular => "cellular",
        Link.Wifi => "wifi",
        Link.Wired => "wired",
        Link.None => "none",
        _ => "unknown",
    };

    public static string Of(Rat rat) => rat switch
    {
        Rat.Gsm => "gsm",
        Rat.Umts => "umts",
        Rat.Lte => "lte",
        Rat.Nr => "nr",
        _ => "unknown",
    };

    public static string Of(SimState sim) => sim switch
    {
        SimState.Ready => "ready",
        SimState.Absent => "absent",
        SimState.Error => "error",
        SimState.Locked => "locked",
        SimState.Denied => "denied",
        _ => "unknown",
    };

    public static string Of(PowerSource source) => source switch
    {
        PowerSource.Mains => "mains",
        PowerSource.Battery => "battery",
        _ => "unknown",
    };
}
