using Fleet.Grains.Reports;

namespace Fleet.History.Tests;

/// <summary>Reports written to the real InfluxDB and read back as the wire's JSON.</summary>
public sealed class StoredReportsTests(SharedInflux influx)
{
    private readonly string _database = Room.NewDatabase();
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_reported_is_read_back_field_by_field()
    {
        var full = Some.Report("O'Neil-1")
            .With(r => r.Power, new Power().With(p => p.Source, PowerSource.Battery).With(p => p.Battery, 0.5).With(p => p.Celsius, 31))
            .With(r => r.System, new SystemHealth().With(s => s.MemoryFreeBytes, 120_000_000).With(s => s.Firmware, "1.4.2").With(s => s.Errors, ["E205", "E7"]))
            .With(r => r.Security, new Security().With(s => s.Tamper, false).With(s => s.Latitude, 31.23));
        full.Printer!.With(p => p.State, PrinterState.PaperOut);
        await WriteAsync([full, Some.Bare("T2")]);

        using var stored = new StoredReports(influx.Server.Url, _database);
        Assert.Equal(["O'Neil-1", "T2"], await stored.SerialsAsync(_stop));
        var (atMs, payload) = Assert.Single(await AllAsync(stored, "O'Neil-1", 0, long.MaxValue / 2_000_000));
        Assert.Equal(Some.AtMs, atMs);
        Assert.Equal(Refusal.None, new ReportReader().Read(payload, "O'Neil-1", Section.Report, atMs, 1, out var read));
        Assert.Equal(NaiveLine.Encode(full, null), NaiveLine.Encode(read!, null));
    }

    [Fact]
    public async Task More_than_a_page_comes_in_order_and_the_bounds_hold()
    {
        const int reports = 12_000;
        await WriteAsync([.. Enumerable.Range(0, reports).Select(n => Some.Bare("T1", Some.AtMs + (n * 1000L), n))]);
        using var stored = new StoredReports(influx.Server.Url, _database);
        var all = await AllAsync(stored, "T1", 0, Some.AtMs + (reports * 1000L));
        Assert.Equal(Enumerable.Range(0, reports).Select(n => Some.AtMs + (n * 1000L)), all.Select(report => report.AtMs));
        Assert.Equal([Some.AtMs + 1000], (await AllAsync(stored, "T1", Some.AtMs + 1, Some.AtMs + 2000)).Select(report => report.AtMs));
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_said()
    {
        using var none = new StoredReports(influx.Server.Url, "no_such_database");
        Assert.Contains("database not found", (await Assert.ThrowsAsync<IOException>(() => none.SerialsAsync(_stop))).Message, StringComparison.Ordinal);
        using var away = new StoredReports(new("http://127.0.0.1:9"), "fleet");
        await Assert.ThrowsAsync<IOException>(() => away.SerialsAsync(_stop));
    }

    private async Task WriteAsync(Report[] reports)
    {
        await using var room = await Room.StartAsync(influx.Server.Url, $"Database={_database}");
        Assert.True(room.History.TryTake(reports, out var accepted));
        await accepted.Soon();
    }

    private async Task<List<(long AtMs, byte[] Payload)>> AllAsync(StoredReports stored, string serial, long fromMs, long toMs)
    {
        List<(long, byte[])> all = [];
        await foreach (var report in stored.ReadAsync(serial, fromMs, toMs, _stop)) all.Add(report);
        return all;
    }
}
