using System.Text;
using Fleet.Grains;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Ingest_Tests.Terminals;

/// <summary>When states are persisted though <c>Journal:Checkpoint</c> is far away. The journal is a node's own, its terminals live in a real silo.</summary>
public sealed class CheckpointDueTests : IAsyncLifetime
{
    private readonly FleetHost _fleet = new(null, "--Journal:ReplayBytes=1048576");

    public ValueTask InitializeAsync() => _fleet.InitializeAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task A_checkpoint_comes_when_a_replay_would_read_more_than_its_bytes()
    {
        await ReportAsync("T1", 1);
        var padding = $$"""{"note":"{{new string('x', 100_000)}}"}""";
        for (var i = 0; i < 11; i++) await _fleet.Node.AppendAsync(EntryKind.Report, "T2", Encoding.ASCII.GetBytes(padding));
        await Some.Until(() => VersionOf("T1") == 1, "the checkpoint");
        await Some.Until(() => _fleet.Node.State.Rows == 0, "the cutting of the journal");
    }

    [Fact]
    public async Task What_was_lost_is_replayed_and_persisted_without_waiting_for_the_checkpoint()
    {
        _fleet.Findings.Post = _ => Task.FromException(new IOException("the queue is broken"));
        await ReportAsync("T1", 1, ""","printer":{"state":"paper-out"}""");
        await Some.Until(() => _fleet.States.Losses > 0, "the loss");
        _fleet.Findings.Post = _ => Task.CompletedTask;
        await Some.Until(() => _fleet.Findings.Of("T1").SequenceEqual(["paper-out Raised"]), "the finding");
        await Some.Until(() => VersionOf("T1") > 0, "the state");
    }

    private long VersionOf(string serial) =>
        _fleet.Services.GetRequiredService<ITerminalStates>().LoadAsync(serial).GetAwaiter().GetResult()?.Version ?? 0;

    private Task ReportAsync(string serial, long seq, string sections = "") =>
        _fleet.Node.AppendAsync(EntryKind.Report, serial, Encoding.ASCII.GetBytes($$"""{"seq":{{seq}}{{sections}}}"""));
}
