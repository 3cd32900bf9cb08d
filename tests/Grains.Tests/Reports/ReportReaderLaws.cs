using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Reports;

public sealed partial class ReportReaderLaws
{
    private const long ReceivedAtMs = 1_790_000_000_500;
    private readonly ReportReader _reader = new();

    private static readonly Gen<long?> Counter = Gen.Long[0, long.MaxValue].Nullable();
    private static readonly Gen<double?> Share = Gen.Double[0, 1].Nullable();
    private static readonly Gen<double?> Dbm = Gen.Double[-200, 0].Nullable();
    private static readonly Gen<string?> Text = Gen.String[Gen.Char[" az09-_.\"\\/éß读\u007f"], 0, 128].Null();

    private static readonly Gen<Reads> Reads = Gen.Select(Counter, Counter, Counter, Counter,
        (ok, failed, unreadable, cards) => new Reads { Ok = ok, Failed = failed, Unreadable = unreadable, Cards = cards });

    private static readonly Gen<Signal> Signal = Gen.Select(Gen.Enum<Link>().Nullable(), Gen.Enum<Rat>().Nullable(), Dbm, Dbm, Text, Text,
        (link, rat, rssi, rsrp, cell, iccid) => new Signal { Link = link, Rat = rat, RssiDbm = rssi, RsrpDbm = rsrp, RsrqDb = rssi / 2, SnrDb = rsrp / 2, Cell = cell, Iccid = iccid, Carrier = cell, Sim = SimState.Denied });

    private static readonly Gen<Printer> Printer = Gen.Select(Gen.Enum<PrinterState>().Nullable(), Share, Counter, Counter, Counter,
        (state, paper, lines, cuts, faults) => new Printer { State = state, Paper = paper, Lines = lines, Cuts = cuts, Faults = faults, HeadCelsius = 100 * paper });

    private static readonly Gen<Payment> Payment = Gen.Select(Counter, Counter, Gen.Dictionary(Gen.String[Gen.Char["0129AZé"], 1, 4], Gen.Long[0, 99])[0, 32],
        (approved, receipts, declined) => new Payment { Approved = approved, Receipts = receipts, Unsent = receipts, Amount = approved, Voids = receipts, Refunds = approved, Declined = [.. declined.Select(code => new Decline(code.Key, code.Value))] });

    private static readonly Gen<SystemHealth> System = Gen.Select(Counter, Counter, Text, Text, Text.Where(text => text is not null).Array[0, 32],
        (memory, crashes, firmware, app, errors) => new SystemHealth { MemoryFreeBytes = memory, StorageFreeBytes = memory, Crashes = crashes, Reboots = crashes, Firmware = firmware, App = app, Patch = app, Errors = errors! });

    private static readonly Gen<Report> Report =
        from at in Gen.Long[ReceivedAtMs - 1_000_000, ReceivedAtMs + 1_000_000]
        from seq in Gen.Long[0, long.MaxValue]
        from signal in Signal.Null()
        from printer in Printer.Null()
        from reads in Reads.Null()
        from payment in Payment.Null()
        from system in System.Null()
        from share in Share
        from flag in Gen.Bool
        select new Report
        {
            Serial = "T1", ReceivedAtMs = ReceivedAtMs, AtMs = at, Seq = seq, HasSeq = true,
            Heartbeat = new() { UptimeSeconds = seq, IntervalSeconds = 1 + (int)(seq % 604800) },
            Signal = signal, Printer = printer, Payment = payment, System = system,
            Reader = reads is null ? null : new() { Swipe = reads, Tap = reads },
            Power = new() { Source = PowerSource.Battery, Battery = share, Volts = share, Celsius = share, Cycles = seq, Health = share },
            Security = new() { Tamper = flag, PasswordLocked = !flag, Latitude = 90 * share, Longitude = -180 * share, KeysErased = flag, AccuracyMetres = 1000 * share },
        };

    [Fact]
    public void Every_report_that_is_written_is_read_back() => Report.Sample(report =>
    {
        Assert.Equal(Refusal.None, _reader.Read(Written(report), "T1", Section.Report, ReceivedAtMs, 9, out var read));
        Assert.Equal(Shown(report), Shown(read!));
    }, iter: 500);

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Select(Gen.Byte.Array[0, 300], Gen.Enum<Section>())
        .Sample((bytes, section) => { _reader.Read(bytes, "T1", section, ReceivedAtMs, 9, out _); });

    [Fact]
    public void No_nearly_json_makes_it_throw() =>
        Gen.Select(Gen.String[Gen.Char["{}[]\":,.0123456789eE+-\\u truefalsnd"], 0, 120], Gen.Enum<Section>())
            .Sample((text, section) => { _reader.Read(Encoding.UTF8.GetBytes("{" + text), "T1", section, ReceivedAtMs, 9, out _); });

    [Fact]
    public void No_report_damaged_at_any_byte_makes_it_throw() =>
        Gen.Select(Report.Select(Written), Gen.Int[0, 10_000], Gen.Byte, Gen.Bool).Sample((payload, at, damage, cut) =>
        {
            payload[at % payload.Length] = damage;
            _reader.Read(cut ? payload[..(at % payload.Length)] : payload, "T1", Section.Report, ReceivedAtMs, 9, out _);
        }, iter: 1000);

    /// <summary>The naive writer: a tree of nodes by the names of the wire, nulls written out.</summary>
    private static byte[] Written(Report report) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        at = report.AtMs,
        seq = report.Seq,
        heartbeat = new { uptime = report.Heartbeat!.UptimeSeconds, interval = report.Heartbeat.IntervalSeconds },
        printer = report.Printer is not { } p ? null : new { state = Word(p.State), paper = p.Paper, lines = p.Lines, cuts = p.Cuts, faults = p.Faults, headCelsius = p.HeadCelsius },
        signal = report.Signal is not { } s ? null : new { link = Word(s.Link), rat = Word(s.Rat), rssi = s.RssiDbm, rsrp = s.RsrpDbm, rsrq = s.RsrqDb, snr = s.SnrDb, cell = s.Cell, carrier = s.Carrier, sim = Word(s.Sim), iccid = s.Iccid },
        reader = report.Reader is not { } r ? null : new { swipe = Written(r.Swipe!), tap = Written(r.Tap!) },
        payment = report.Payment is not { } y ? null : new { approved = y.Approved, declined = y.Declined!.ToDictionary(code => code.Code, code => code.Count), receipts = y.Receipts, unsent = y.Unsent, amount = y.Amount, voids = y.Voids, refunds = y.Refunds },
        power = report.Power is not { } w ? null : new { source = Word(w.Source), battery = w.Battery, volts = w.Volts, celsius = w.Celsius, cycles = w.Cycles, health = w.Health },
        system = report.System is not { } h ? null : new { memoryFree = h.MemoryFreeBytes, storageFree = h.StorageFreeBytes, reboots = h.Reboots, crashes = h.Crashes, firmware = h.Firmware, app = h.App, patch = h.Patch, errors = h.Errors },
        security = report.Security is not { } y2 ? null : new { tamper = y2.Tamper, passwordLocked = y2.PasswordLocked, lat = y2.Latitude, lon = y2.Longitude, keysErased = y2.KeysErased, accuracy = y2.AccuracyMetres },
    });

    private static object Written(Reads reads) => new { ok = reads.Ok, failed = reads.Failed, unreadable = reads.Unreadable, cards = reads.Cards };

    /// <summary>PaperOut as paper-out.</summary>
    private static string? Word<T>(T? value) where T : struct, Enum =>
        value is null ? null : Capital().Replace(value.Value.ToString(), "-$0").Trim('-').ToLowerInvariant();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();

    private static string Shown(Report report) => JsonSerializer.Serialize(report);
}
