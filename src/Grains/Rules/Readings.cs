using System.Collections.Frozen;
using Fleet.Grains.Reports;

namespace Fleet.Grains.Rules;

/// <summary>What a reading was: a number, or a word (flags are the words true and false).</summary>
public readonly record struct Reading(double? Number = null, string? Word = null)
{
    public bool IsThere => Number is not null || Word is not null;

    internal static Reading Of(bool? flag) => new(Word: flag switch { true => "true", false => "false", _ => null });
}

/// <summary>The readings that an operator's rule may name: the wire's section and field, as docs/wire.md has them.</summary>
public static class Readings
{
    private static readonly FrozenDictionary<string, Func<Report, Reading>> s_byName = new Dictionary<string, Func<Report, Reading>>
    {
        ["heartbeat.uptime"] = r => new(r.Heartbeat?.UptimeSeconds),
        ["printer.state"] = r => new(Word: r.Printer?.State is { } state ? Words.Text(state) : null),
        ["printer.paper"] = r => new(r.Printer?.Paper),
        ["printer.headCelsius"] = r => new(r.Printer?.HeadCelsius),
        ["signal.link"] = r => new(Word: r.Signal?.Link is { } link ? Words.Text(link) : null),
        ["signal.rat"] = r => new(Word: r.Signal?.Rat is { } rat ? Words.Text(rat) : null),
        ["signal.sim"] = r => new(Word: r.Signal?.Sim is { } sim ? Words.Text(sim) : null),
        ["signal.carrier"] = r => new(Word: r.Signal?.Carrier),
        ["signal.rssi"] = r => new(r.Signal?.RssiDbm),
        ["signal.rsrp"] = r => new(r.Signal?.RsrpDbm),
        ["signal.rsrq"] = r => new(r.Signal?.RsrqDb),
        ["signal.snr"] = r => new(r.Signal?.SnrDb),
        ["payment.unsent"] = r => new(r.Payment?.Unsent),
        ["power.source"] = r => new(Word: r.Power?.Source is { } source ? Words.Text(source) : null),
        ["power.battery"] = r => new(r.Power?.Battery),
        ["power.volts"] = r => new(r.Power?.Volts),
        ["power.celsius"] = r => new(r.Power?.Celsius),
        ["power.cycles"] = r => new(r.Power?.Cycles),
        ["power.health"] = r => new(r.Power?.Health),
        ["system.memoryFree"] = r => new(r.System?.MemoryFreeBytes),
        ["system.storageFree"] = r => new(r.System?.StorageFreeBytes),
        ["system.firmware"] = r => new(Word: r.System?.Firmware),
        ["system.app"] = r => new(Word: r.System?.App),
        ["system.patch"] = r => new(Word: r.System?.Patch),
        ["security.tamper"] = r => Reading.Of(r.Security?.Tamper),
        ["security.passwordLocked"] = r => Reading.Of(r.Security?.PasswordLocked),
    }.ToFrozenDictionary();

    public static IEnumerable<string> Names => s_byName.Keys.Order(StringComparer.Ordinal);

    internal static Func<Report, Reading>? Named(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>Whether a reading is a word or a flag, and no number.</summary>
    internal static bool IsWord(string name) => name is "printer.state" or "signal.link" or "signal.rat" or "signal.sim" or "signal.carrier" or "power.source"
        or "system.firmware" or "system.app" or "system.patch" or "security.tamper" or "security.passwordLocked";
}
