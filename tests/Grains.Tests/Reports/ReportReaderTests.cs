using System.Text;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Reports;

public sealed class ReportReaderTests
{
    private const long ReceivedAtMs = 1_790_000_000_500;
    private readonly ReportReader _reader = new();

    [Fact]
    public void A_whole_report_reads_as_the_wire_says()
    {
        var report = Read("""
            {"at":1790000000123,"seq":42,"heartbeat":{"uptime":86400,"interval":60},
             "printer":{"state":"ok","paper":0.35,"lines":123456,"cuts":812,"faults":2,"headCelsius":41},
             "signal":{"link":"cellular","rat":"lte","rssi":-71,"rsrp":-101,"rsrq":-11.5,"snr":4.5,"cell":"460-00-1234-567890","carrier":"46000","sim":"ready","iccid":"89860000000000000001"},
             "reader":{"swipe":{"ok":100,"failed":3,"unreadable":1,"cards":3},"chip":{"ok":7},"tap":{}},
             "payment":{"approved":88,"declined":{"51":1,"55":2},"receipts":90,"unsent":0,"amount":123400,"voids":2,"refunds":1},
             "power":{"source":"mains","battery":0.82,"volts":3.92,"celsius":31,"cycles":210,"health":0.91},
             "system":{"memoryFree":120000000,"storageFree":900000000,"reboots":3,"crashes":1,"firmware":"1.4.2","app":"7.0.1","patch":"2026-08","errors":["E205"]},
             "security":{"tamper":false,"passwordLocked":true,"lat":31.23,"lon":121.47,"keysErased":false,"accuracy":12}}
            """);
        Assert.Equal((1790000000123, 42, true, ReceivedAtMs), (report.AtMs, report.Seq, report.HasSeq, report.ReceivedAtMs));
        Assert.Equal((86400, 60), (report.Heartbeat!.UptimeSeconds, report.Heartbeat.IntervalSeconds));
        Assert.Equal((PrinterState.Ok, 0.35, 123456, 812, 2, 41), (report.Printer!.State, report.Printer.Paper, report.Printer.Lines, report.Printer.Cuts, report.Printer.Faults, report.Printer.HeadCelsius));
        Assert.Equal((Link.Cellular, Rat.Lte, -71, -101, -11.5, 4.5), (report.Signal!.Link, report.Signal.Rat, report.Signal.RssiDbm, report.Signal.RsrpDbm, report.Signal.RsrqDb, report.Signal.SnrDb));
        Assert.Equal(("460-00-1234-567890", "46000", SimState.Ready, "89860000000000000001"), (report.Signal.Cell, report.Signal.Carrier, report.Signal.Sim, report.Signal.Iccid));
        Assert.Equal((100, 3, 1, 3, 7), (report.Reader!.Swipe!.Ok, report.Reader.Swipe.Failed, report.Reader.Swipe.Unreadable, report.Reader.Swipe.Cards, report.Reader.Chip!.Ok));
        Assert.Equal([new("51", 1), new("55", 2)], report.Payment!.Declined!);
        Assert.Equal((88, 90, 0, 123400), (report.Payment.Approved, report.Payment.Receipts, report.Payment.Unsent, report.Payment.Amount));
        Assert.Equal((2, 1), (report.Payment.Voids, report.Payment.Refunds));
        Assert.Equal((PowerSource.Mains, 0.82, 3.92, 31, 210, 0.91), (report.Power!.Source, report.Power.Battery, report.Power.Volts, report.Power.Celsius, report.Power.Cycles, report.Power.Health));
        Assert.Equal((120000000, 900000000, 3, 1), (report.System!.MemoryFreeBytes, report.System.StorageFreeBytes, report.System.Reboots, report.System.Crashes));
        Assert.Equal(("1.4.2", "7.0.1", "2026-08"), (report.System.Firmware, report.System.App, report.System.Patch));
        Assert.Equal(["E205"], report.System.Errors!);
        Assert.Equal((false, true, 31.23, 121.47), (report.Security!.Tamper, report.Security.PasswordLocked, report.Security.Latitude, report.Security.Longitude));
        Assert.Equal((false, 12), (report.Security.KeysErased, report.Security.AccuracyMetres));
    }

    [Theory]
    [InlineData("""{"at":1790000000123,"seq":7,"link":"cellular","rsrp":-101}""")]
    [InlineData("""{"at":1790000000123,"seq":7,"signal":{"link":"cellular","rsrp":-101}}""")]
    public void A_section_topic_takes_its_fields_bare_or_wrapped(string payload)
    {
        var report = Read(payload, Section.Signal);
        Assert.Equal((1790000000123, 7, Link.Cellular, -101), (report.AtMs, report.Seq, report.Signal!.Link, report.Signal.RsrpDbm));
    }

    [Fact]
    public void A_section_topic_says_nothing_of_other_sections() =>
        Assert.Null(Read("""{"rsrp":-101,"printer":{"paper":1}}""", Section.Signal).Printer);

    [Fact]
    public void Without_time_and_number_the_arrival_and_the_place_in_the_journal_stand_in()
    {
        var report = Read("""{"at":null,"heartbeat":{"uptime":null}}""");
        Assert.Equal((ReceivedAtMs, 9, false), (report.AtMs, report.Seq, report.HasSeq));
        Assert.NotNull(report.Heartbeat);
    }

    [Theory]
    [InlineData("\"2026-09-21T21:13:20+08:00\"", 1789996400000)]
    [InlineData("\"2026-09-21T13:13:20Z\"", 1789996400000)]
    [InlineData("\"2026-09-21T13:13:20.25\"", 1789996400250)]
    [InlineData("1789996400000.75", 1789996400000)]
    public void Times_are_milliseconds_or_iso_8601_in_utc_unless_they_say_otherwise(string at, long ms) =>
        Assert.Equal(ms, Read($$"""{"at":{{at}}}""").AtMs);

    [Theory]
    [InlineData("paper-out", PrinterState.PaperOut)]
    [InlineData("paperOut", PrinterState.PaperOut)]
    [InlineData("out-of-paper", PrinterState.PaperOut)]
    [InlineData("COVER_OPEN", PrinterState.CoverOpen)]
    [InlineData("voltage-low", PrinterState.VoltageLow)]
    [InlineData("p\\u0061per-low", PrinterState.PaperLow)]
    [InlineData("on holiday", PrinterState.Unknown)]
    [InlineData("", PrinterState.Unknown)]
    [InlineData("a state with a very long name that nobody knows", PrinterState.Unknown)]
    public void Printer_states_are_read_in_any_spelling(string word, PrinterState state) =>
        Assert.Equal(state, Read($$$"""{"printer":{"state":"{{{word}}}"}}""").Printer!.State);

    [Fact]
    public void Unknown_fields_are_passed_over_whatever_they_hold()
    {
        var report = Read("""{"x":[1,{"y":["}",null]}],"seq":3,"z":{"at":1},"printer":{"ink":{"a":[[]]},"paper":0.5},"\u0061t":1790000000000}""");
        Assert.Equal((3, 0.5, 1790000000000), (report.Seq, report.Printer!.Paper, report.AtMs));
    }

    [Fact]
    public void A_counter_may_be_written_with_an_empty_fraction() =>
        Assert.Equal(3, Read("""{"printer":{"cuts":3.0}}""").Printer!.Cuts);

    [Theory]
    [InlineData("", Refusal.NotJson)]
    [InlineData("  ", Refusal.NotJson)]
    [InlineData("online", Refusal.NotJson)]
    [InlineData("[]", Refusal.NotJson)]
    [InlineData("""{"seq":1""", Refusal.NotJson)]
    [InlineData("""{"seq":1}{}""", Refusal.NotJson)]
    [InlineData("""{"seq":01}""", Refusal.NotJson)]
    [InlineData("""{"system":{"app":"\ud800"}}""", Refusal.NotJson)]
    [InlineData("""{"seq":"1"}""", Refusal.WrongType)]
    [InlineData("""{"at":true}""", Refusal.WrongType)]
    [InlineData("""{"at":"yesterday"}""", Refusal.WrongType)]
    [InlineData("""{"signal":[]}""", Refusal.WrongType)]
    [InlineData("""{"printer":{"state":4}}""", Refusal.WrongType)]
    [InlineData("""{"printer":{"cuts":3.5}}""", Refusal.WrongType)]
    [InlineData("""{"security":{"tamper":0}}""", Refusal.WrongType)]
    [InlineData("""{"system":{"errors":"E1"}}""", Refusal.WrongType)]
    [InlineData("""{"seq":-1}""", Refusal.OutOfRange)]
    [InlineData("""{"seq":99999999999999999999}""", Refusal.OutOfRange)]
    [InlineData("""{"printer":{"paper":1.01}}""", Refusal.OutOfRange)]
    [InlineData("""{"printer":{"paper":1e999}}""", Refusal.OutOfRange)]
    [InlineData("""{"printer":{"cuts":-1}}""", Refusal.OutOfRange)]
    [InlineData("""{"signal":{"rsrp":1}}""", Refusal.OutOfRange)]
    [InlineData("""{"signal":{"rsrp":-201}}""", Refusal.OutOfRange)]
    [InlineData("""{"heartbeat":{"interval":0}}""", Refusal.OutOfRange)]
    [InlineData("""{"heartbeat":{"interval":604801}}""", Refusal.OutOfRange)]
    [InlineData("""{"security":{"lat":91}}""", Refusal.OutOfRange)]
    [InlineData("""{"system":{"app":"a\u0000b"}}""", Refusal.OutOfRange)]
    [InlineData("""{"at":1790086400501}""", Refusal.ClockOff)]
    [InlineData("""{"at":1758377600499}""", Refusal.ClockOff)]
    [InlineData("""{"at":0}""", Refusal.ClockOff)]
    [InlineData("""{"at":"0001-01-01T00:00:00+14:00"}""", Refusal.WrongType)]
    [InlineData("""{"at":"9999-12-31T23:59:59-14:00"}""", Refusal.WrongType)]
    [InlineData("""{"at":"9999-12-31"}""", Refusal.ClockOff)]
    [InlineData("""{"at":-9223372036854775808}""", Refusal.ClockOff)]
    public void What_cannot_be_taken_is_refused_by_its_reason(string payload, Refusal why) =>
        Assert.Equal(why, Refused(Encoding.UTF8.GetBytes(payload)));

    [Fact]
    public void Bytes_that_are_no_utf_8_are_refused() => Assert.Equal(Refusal.NotJson, Refused([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']));

    [Fact]
    public void The_limits_of_size_are_kept_to_the_last_one()
    {
        Assert.NotNull(Read(WithErrors(32)).System);
        Assert.Equal(Refusal.TooLarge, Refused(WithErrors(33)));
        Assert.NotNull(Read(WithDeclines(32)).Payment);
        Assert.Equal(Refusal.TooLarge, Refused(WithDeclines(33)));
        Assert.Equal(128, Read(WithApp(new string('é', 128))).System!.App!.Length);
        Assert.Equal(Refusal.TooLarge, Refused(WithApp(new string('a', 129))));
        Assert.NotNull(Read(Nested(15)));
        Assert.Equal(Refusal.TooDeep, Refused(Nested(16)));
        Assert.NotNull(Read("{}" + new string(' ', (64 * 1024) - 2)));
        Assert.Equal(Refusal.TooLarge, Refused("{}" + new string(' ', (64 * 1024) - 1)));
    }

    [Fact]
    public void What_repeats_is_read_into_the_same_text() =>
        Assert.Same(Read(WithApp("7.0.1")).System!.App, Read(WithApp("7.0.1")).System!.App);

    private static string WithErrors(int count) => $$$"""{"system":{"errors":[{{{string.Join(',', Enumerable.Repeat("\"E1\"", count))}}}]}}""";

    private static string WithDeclines(int count) =>
        """{"payment":{"declined":{""" + string.Join(',', Enumerable.Range(0, count).Select(code => $"\"{code}\":1")) + "}}}";

    private static string WithApp(string app) => $$$"""{"system":{"app":"{{{app}}}"}}""";

    private static string Nested(int levels) => "{\"x\":" + new string('[', levels) + new string(']', levels) + "}";

    private Report Read(string payload, Section section = Section.Report)
    {
        Assert.Equal(Refusal.None, _reader.Read(Encoding.UTF8.GetBytes(payload), "T1", section, ReceivedAtMs, 9, out var report));
        return report!;
    }

    private Refusal Refused(string payload) => Refused(Encoding.UTF8.GetBytes(payload));

    private Refusal Refused(byte[] payload)
    {
        var refusal = _reader.Read(payload, "T1", Section.Report, ReceivedAtMs, 9, out var report);
        Assert.Null(report);
        return refusal;
    }
}
