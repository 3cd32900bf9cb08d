using System.Text;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Ingest_Tests.Terminals;

/// <summary>What the grains of terminals note in the census. Terminals live in a real silo; T1 is registered.</summary>
public sealed class CensusTakingTests : IAsyncLifetime
{
    private const long Start = 1_790_000_000_000, HourMs = 3_600_000;

    private readonly FleetHost _fleet = new();
    private readonly ReportReader _reader = new();
    private Census _census = null!;

    public async ValueTask InitializeAsync()
    {
        await _fleet.InitializeAsync();
        await _fleet.Local.Hold; // until it knows that there is no dead node's journal
        await _fleet.Services.GetRequiredService<Registry>().ImportAsync([new("T1", "M-1", "S-1", "A920", "46000")]);
        _census = _fleet.Services.GetRequiredService<Census>();
    }

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task A_registered_terminal_is_counted_by_what_it_reports()
    {
        await ReportAsync("T1", 1, 0, "7.0.1");
        await ReportAsync("T1", 2, HourMs, "7.1.0");
        Assert.Equal(("7.1.0", Start + HourMs, "X"), (_census.Find("T1").App, _census.Find("T1").AppSinceMs, _census.Find("T1").Cell));
    }

    [Fact]
    public async Task A_stored_report_that_comes_late_does_not_say_what_it_runs_now()
    {
        await ReportAsync("T1", 2, HourMs, "7.1.0");
        await ReportAsync("T1", 1, 0, "7.0.1", arrivesMs: 2 * HourMs);
        await ReportAsync("T1", 2, HourMs, "7.1.0", arrivesMs: 2 * HourMs);
        Assert.Equal(("7.1.0", 0), (_census.Find("T1").App, _census.Find("T1").AppSinceMs));
    }

    [Fact]
    public async Task A_terminal_nobody_registered_makes_no_version_up()
    {
        await ReportAsync("stranger", 1, 0, "6.6.6");
        Assert.Equal((0, 0), (_census.Count, _census.CountOf("cohort:app:6.6.6")));
    }

    private async Task ReportAsync(string serial, long seq, long writtenMs, string app, long? arrivesMs = null)
    {
        var json = $$"""{"seq":{{seq}},"at":{{Start + writtenMs}},"system":{"app":"{{app}}"},"signal":{"link":"cellular","cell":"X"} }""";
        var receivedAtMs = Start + (arrivesMs ?? writtenMs);
        Assert.Equal(Refusal.None, _reader.Read(Encoding.UTF8.GetBytes(json), serial, Section.Report, receivedAtMs, seq, out var report));
        await _fleet.Grains.GetGrain<ITerminalGrain>(serial).Apply([new(InputKind.Report, receivedAtMs, report)]);
    }
}
