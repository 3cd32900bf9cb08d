using System.Text;
using CsCheck;
using Fleet.Grains.Reports;
using Fleet.Store;

namespace Fleet.History.Tests;

public sealed class LineEncoderTests
{
    [Fact]
    public void A_report_is_one_line_with_the_registrys_tags_and_a_field_per_reading()
    {
        Assert.Equal(
            """
            terminal,carrier=46000,merchant=Corner\ Café,model=A920,serial=T1,site=S-17 seq=42i,heartbeat_uptime=86400i,heartbeat_interval=60i,printer_state="ok",printer_paper=0.35,printer_lines=123456i,printer_head_celsius=41.5,signal_link="cellular",signal_rsrp=-101,signal_snr=4.5,reader_swipe_ok=100i,reader_swipe_failed=3i,payment_approved=88i,payment_declined_51=2i,payment_unsent=0i 1790000000000

            """, Encoded(Some.Report(), Some.Terminal("T1")));
    }

    [Fact]
    public void A_report_without_a_reading_is_still_a_point() =>
        Assert.Equal("terminal,serial=T1 seq=42i 1790000000000\n", Encoded(Some.Bare(), null));

    [Fact]
    public void The_fast_encoder_equals_the_naive_one() =>
        Gen.Select(Generated.Report, Generated.Registered).Sample(
            (report, registered) => Assert.Equal(NaiveLine.Encode(report, registered), Encoded(report, registered)), iter: 2000);

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Select(Generated.Report, Generated.Registered).Sample((report, registered) =>
        {
            var line = Encoded(report, registered);
            Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));

            var (tags, fields, at) = NaiveLine.Parse(line);
            Assert.Equal(report.AtMs, at);
            Assert.Equal(NaiveLine.OfTag(report.Serial), tags["serial"]);
            if (!string.IsNullOrEmpty(registered?.Site)) Assert.Equal(NaiveLine.OfTag(registered.Site), tags["site"]);
            var expected = new Dictionary<string, object>();
            foreach (var (name, value) in NaiveLine.Fields(report)) expected[name] = value;
            Assert.Equal(expected, fields);
        }, iter: 2000);

    [Fact]
    public void Decimals_are_the_shortest_that_read_back() =>
        Gen.OneOf(Gen.Double, Gen.Int.Select(n => n / 1000.0), Gen.Long[-999_999_999_999_999, 999_999_999_999_999].Select(n => n / 1000.0)).Sample(value =>
        {
            Span<byte> bytes = stackalloc byte[32];
            var length = ShortestDecimal.Write(value, bytes);
            Assert.Equal(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture), Encoding.UTF8.GetString(bytes[..length]));
        }, iter: 100_000);

    [Fact]
    public void A_line_makes_no_garbage()
    {
        var (report, registered) = (Some.Report(), Some.Terminal("T1"));
        using var lines = new LineBuffer();
        Encode();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) Encode();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Encode()
        {
            lines.Clear();
            LineEncoder.Encode(report, registered, lines);
        }
    }

    private static string Encoded(Report report, RegisteredTerminal? registered)
    {
        using var line = new LineBuffer(16);
        LineEncoder.Encode(report, registered, line);
        return Encoding.UTF8.GetString(line.Written);
    }
}
