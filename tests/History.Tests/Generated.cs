using CsCheck;
using Fleet.Grains.Reports;
using Fleet.Store;

namespace Fleet.History.Tests;

/// <summary>Any report and any registry entry, with the strings that hurt.</summary>
internal static class Generated
{
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.String[Gen.Char["abcZ09 ,=\"\\\n\r\t'é漢"], 0, 12], Gen.String[0, 8], Gen.Const("trailing\\"), Gen.Const("👛, =\\"));

    private static readonly double[] s_edges =
        [0.0, -0.0, double.NaN, double.PositiveInfinity, double.MaxValue, double.Epsilon, 0.1 + 0.2, 1e12, 999999999999.999, -1e-3];

    private static readonly Gen<double> s_number = Gen.OneOf(Gen.Double, Gen.Int[-200_000, 200_000].Select(n => n / 100.0),
        Gen.Int[0, s_edges.Length - 1].Select(i => s_edges[i]));

    private static readonly Gen<long> s_count = Gen.OneOf(Gen.Long, Gen.Long[0, 1_000_000]);

    // A key is letters, digits and what a sender might slip in; it is never empty.
    private static readonly Gen<Decline> s_decline = Gen.Select(Gen.String[Gen.Char["0123456789AZ ,="], 1, 4], s_count).Select((code, count) => new Decline(code, count));

    private static readonly Gen<Reads?> s_reads = Maybe(Set<Reads>(r => r
        .Let(s_count, (t, v) => t.With(x => x.Ok, v)).Let(s_count, (t, v) => t.With(x => x.Failed, v))
        .Let(s_count, (t, v) => t.With(x => x.Unreadable, v)).Let(s_count, (t, v) => t.With(x => x.Cards, v))));

    private static readonly Gen<Heartbeat> s_heartbeat = Set<Heartbeat>(r => r
        .Let(s_count, (t, v) => t.With(x => x.UptimeSeconds, v)).Let(Gen.Int, (t, v) => t.With(x => x.IntervalSeconds, v)));

    private static readonly Gen<Printer> s_printer = Set<Printer>(r => r
        .Let(Gen.Enum<PrinterState>(), (t, v) => t.With(x => x.State, v)).Let(s_number, (t, v) => t.With(x => x.Paper, v))
        .Let(s_count, (t, v) => t.With(x => x.Lines, v)).Let(s_count, (t, v) => t.With(x => x.Cuts, v))
        .Let(s_count, (t, v) => t.With(x => x.Faults, v)).Let(s_number, (t, v) => t.With(x => x.HeadCelsius, v)));

    private static readonly Gen<Signal> s_signal = Set<Signal>(r => r
        .Let(Gen.Enum<Link>(), (t, v) => t.With(x => x.Link, v)).Let(Gen.Enum<Rat>(), (t, v) => t.With(x => x.Rat, v))
        .Let(s_number, (t, v) => t.With(x => x.RssiDbm, v)).Let(s_number, (t, v) => t.With(x => x.RsrpDbm, v))
        .Let(s_number, (t, v) => t.With(x => x.RsrqDb, v)).Let(s_number, (t, v) => t.With(x => x.SnrDb, v))
        .Let(s_text, (t, v) => t.With(x => x.Cell, v)).Let(s_text, (t, v) => t.With(x => x.Carrier, v))
        .Let(Gen.Enum<SimState>(), (t, v) => t.With(x => x.Sim, v)).Let(s_text, (t, v) => t.With(x => x.Iccid, v)));

    private static readonly Gen<CardReader> s_reader = Gen.Select(s_reads, s_reads, s_reads).Select((swipe, chip, tap) =>
        new CardReader().With(x => x.Swipe, swipe).With(x => x.Chip, chip).With(x => x.Tap, tap));

    private static readonly Gen<Payment> s_payment = Set<Payment>(r => r
        .Let(s_count, (t, v) => t.With(x => x.Approved, v)).Let(s_decline.Array[0, 3], (t, v) => t.With(x => x.Declined, v))
        .Let(s_count, (t, v) => t.With(x => x.Receipts, v)).Let(s_count, (t, v) => t.With(x => x.Unsent, v))
        .Let(s_count, (t, v) => t.With(x => x.Amount, v)));

    private static readonly Gen<Power> s_power = Set<Power>(r => r
        .Let(Gen.Enum<PowerSource>(), (t, v) => t.With(x => x.Source, v)).Let(s_number, (t, v) => t.With(x => x.Battery, v))
        .Let(s_number, (t, v) => t.With(x => x.Volts, v)).Let(s_number, (t, v) => t.With(x => x.Celsius, v))
        .Let(s_count, (t, v) => t.With(x => x.Cycles, v)).Let(s_number, (t, v) => t.With(x => x.Health, v)));

    private static readonly Gen<SystemHealth> s_system = Set<SystemHealth>(r => r
        .Let(s_count, (t, v) => t.With(x => x.MemoryFreeBytes, v)).Let(s_count, (t, v) => t.With(x => x.StorageFreeBytes, v))
        .Let(s_count, (t, v) => t.With(x => x.Reboots, v)).Let(s_count, (t, v) => t.With(x => x.Crashes, v))
        .Let(s_text, (t, v) => t.With(x => x.Firmware, v)).Let(s_text, (t, v) => t.With(x => x.App, v))
        .Let(s_text, (t, v) => t.With(x => x.Patch, v)).Let(s_text.Array[0, 3], (t, v) => t.With(x => x.Errors, v)));

    private static readonly Gen<Security> s_security = Set<Security>(r => r
        .Let(Gen.Bool, (t, v) => t.With(x => x.Tamper, v)).Let(Gen.Bool, (t, v) => t.With(x => x.PasswordLocked, v))
        .Let(s_number, (t, v) => t.With(x => x.Latitude, v)).Let(s_number, (t, v) => t.With(x => x.Longitude, v)));

    public static readonly Gen<Report> Report =
        from serial in s_text.Select(text => "T" + text)
        from at in Gen.Long[0, 9_000_000_000_000]
        from report in Set<Report>(r => r
            .Let(s_count, (t, v) => t.With(x => x.Seq, v))
            .Let(s_heartbeat, (t, v) => t.With(x => x.Heartbeat, v)).Let(s_printer, (t, v) => t.With(x => x.Printer, v))
            .Let(s_signal, (t, v) => t.With(x => x.Signal, v)).Let(s_reader, (t, v) => t.With(x => x.Reader, v))
            .Let(s_payment, (t, v) => t.With(x => x.Payment, v)).Let(s_power, (t, v) => t.With(x => x.Power, v))
            .Let(s_system, (t, v) => t.With(x => x.System, v)).Let(s_security, (t, v) => t.With(x => x.Security, v)),
            () => new Report { Serial = serial })
        select report.With(x => x.AtMs, at);

    public static readonly Gen<RegisteredTerminal?> Registered = Maybe(Gen.Select(s_text, s_text, s_text, s_text)
        .Select((merchant, site, model, carrier) => new RegisteredTerminal("", merchant, site, model, carrier)));

    private static Gen<T?> Maybe<T>(Gen<T> gen) where T : class => Gen.Select(Gen.Bool, gen).Select((there, value) => there ? value : null);

    private static Gen<T> Set<T>(Func<Gen<T>, Gen<T>> properties) where T : class, new() => properties(Gen.Int[0, 0].Select(_ => new T()));

    private static Gen<T> Set<T>(Func<Gen<T>, Gen<T>> properties, Func<T> make) where T : class => properties(Gen.Int[0, 0].Select(_ => make()));

    /// <summary>One property that may be missing.</summary>
    private static Gen<T> Let<T, TValue>(this Gen<T> target, Gen<TValue> values, Action<T, TValue> set) =>
        Gen.Select(target, Gen.Bool, values).Select((made, there, value) =>
        {
            if (there) set(made, value);
            return made;
        });
}
