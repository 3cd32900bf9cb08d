using System.Text;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Ingest_Tests.Terminals;

/// <summary>When a terminal's state may be written, and what happens when it may not. Terminals live in a real silo over SQLite.</summary>
public sealed class WriteBehindTests : IAsyncLifetime
{
    private readonly FleetHost _fleet = new();
    private readonly ReportReader _reader = new();

    public ValueTask InitializeAsync() => _fleet.InitializeAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task A_state_is_saved_by_the_checkpoint_and_only_when_it_changed()
    {
        await ApplyAsync("T1", """{"seq":1}""");
        Assert.Null(await StoredAsync("T1"));
        Assert.Equal(CheckpointResult.Done, await _fleet.States.CheckpointAsync(default));
        Assert.Equal(1, (await StoredAsync("T1"))!.Value.Version);
        Assert.Equal(CheckpointResult.Done, await _fleet.States.CheckpointAsync(default));
        Assert.Equal(1, (await StoredAsync("T1"))!.Value.Version);
    }

    [Fact]
    public async Task A_state_is_never_saved_before_its_findings_are_drained()
    {
        var drained = new TaskCompletionSource();
        _fleet.Findings.Drain = () => drained.Task;
        await ApplyAsync("T1", PaperOut(1));
        var checkpoint = _fleet.States.CheckpointAsync(default);
        Assert.Equal(["paper-out Raised"], _fleet.Findings.Of("T1"));
        Assert.Null(await StoredAsync("T1"));
        Assert.False(checkpoint.IsCompleted);
        drained.SetResult();
        Assert.Equal(CheckpointResult.Done, await checkpoint);
        Assert.NotNull(await StoredAsync("T1"));
    }

    [Fact]
    public async Task Alerts_that_refuse_postpone_the_states_and_lose_nothing()
    {
        _fleet.Findings.Drain = () => Task.FromException(new IOException("the store refused"));
        await ApplyAsync("T1", PaperOut(1));
        Assert.Equal(CheckpointResult.Postponed, await _fleet.States.CheckpointAsync(default));
        Assert.Null(await StoredAsync("T1"));
        _fleet.Findings.Drain = () => Task.CompletedTask;
        Assert.Equal(CheckpointResult.Done, await _fleet.States.CheckpointAsync(default));
        Assert.NotNull(await StoredAsync("T1"));
        Assert.Equal(0, _fleet.States.Losses);
    }

    [Fact]
    public async Task Findings_leave_in_their_order_however_slow_the_first_one_is_and_the_state_waits_for_all()
    {
        await ApplyAsync("T1", """{"seq":1}""");
        var here = _fleet.Local.Find("T1")!;
        var first = new TaskCompletionSource();
        _fleet.Findings.Post = finding => finding.Kind == Fleet.Grains.FindingKind.Raised ? first.Task : Task.CompletedTask;
        Assert.True(here.TryApply([Input("T1", PaperOut(2))], out var raising));
        Assert.True(here.TryApply([Input("T1", """{"seq":3,"at":1790000003000,"printer":{"state":"ok"}}""")], out var clearing));
        var checkpoint = _fleet.States.CheckpointAsync(default);
        Assert.False(raising.IsCompleted || clearing.IsCompleted || checkpoint.IsCompleted);
        Assert.Empty(_fleet.Findings.Of("T1"));
        first.SetResult();
        await clearing;
        Assert.Equal(["paper-out Raised", "paper-out Cleared"], _fleet.Findings.Of("T1"));
        Assert.Equal(CheckpointResult.Done, await checkpoint);
    }

    [Fact]
    public async Task A_finding_that_could_not_be_posted_is_found_again_by_the_replay()
    {
        _fleet.Findings.Post = _ => Task.FromException(new IOException("the queue is broken"));
        await Assert.ThrowsAsync<IOException>(() => ApplyAsync("T1", PaperOut(1)));
        Assert.Equal(1, _fleet.States.Losses);
        _fleet.Findings.Post = _ => Task.CompletedTask;
        await Some.Until(() => _fleet.Local.Find("T1") is null, "the end of the activation");
        await ApplyAsync("T1", PaperOut(1));
        Assert.Equal(["paper-out Raised"], _fleet.Findings.Of("T1"));
    }

    [Fact]
    public async Task A_stale_activation_ends_and_every_journal_hears_of_the_loss()
    {
        await ApplyAsync("T1", """{"seq":1}""");
        await _fleet.States.CheckpointAsync(default);
        await ApplyAsync("T1", """{"seq":2}""");
        var stored = (await StoredAsync("T1"))!.Value;
        await Store.SaveAsync([new("T1", 0, stored.Version, 0, 0, stored.State)], default); // another activation, elsewhere
        var deaths = _fleet.Checkpoints.Deaths;
        var asked = await Task.WhenAll(_fleet.Checkpoints.AskAsync(deaths), _fleet.Checkpoints.AskAsync(deaths));
        Assert.Contains(CheckpointResult.Lost, asked);
        Assert.Equal(CheckpointResult.Lost, await _fleet.Checkpoints.AskAsync(deaths)); // who asks later too
        Assert.Equal(CheckpointResult.Done, await _fleet.Checkpoints.AskAsync(_fleet.Checkpoints.Deaths));
        await Some.Until(() => _fleet.Local.Find("T1") is null, "the end of the activation");
        await ApplyAsync("T1", """{"seq":2}""");
        Assert.Equal(2, (await _fleet.Grains.GetGrain<ITerminalGrain>("T1").View())!.Reports);
    }

    [Fact]
    public async Task A_checkpoint_does_not_pass_over_a_state_that_a_deactivation_is_writing()
    {
        await ApplyAsync("T1", """{"seq":1}""");
        var drained = new TaskCompletionSource();
        var draining = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _fleet.Findings.Drain = () => { draining.TrySetResult(); return drained.Task; };
        var ending = _fleet.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await draining.Task.WaitAsync(Some.Patience);
        var checkpoint = _fleet.States.CheckpointAsync(default);
        Assert.False(checkpoint.IsCompleted);
        drained.SetException(new IOException("the store refused"));
        await checkpoint;
        await ending;
        Assert.Equal(1, _fleet.States.Losses);
        Assert.Null(await StoredAsync("T1"));
    }

    [Fact]
    public async Task States_that_are_written_together_are_each_a_terminals_own()
    {
        for (var round = 1; round <= 2; round++)
        {
            for (var i = 1; i <= 40; i++) await ApplyAsync($"T{i}", $$$"""{"seq":{{{i + round}}}}""");
            Assert.Equal(CheckpointResult.Done, await _fleet.States.CheckpointAsync(default));
            for (var i = 1; i <= 40; i++)
                Assert.Equal((i * round) + (round == 1 ? 1 : 3), Terminal.Load($"T{i}", (await StoredAsync($"T{i}"))!.Value.State).View().SeqSum);
        }
    }

    private ITerminalStates Store => _fleet.Services.GetRequiredService<ITerminalStates>();

    private Task<StoredState?> StoredAsync(string serial) => Store.LoadAsync(serial);

    private static string PaperOut(long seq) => $$$"""{"seq":{{{seq}}},"at":{{{1_790_000_000_000 + seq * 1000}}},"printer":{"state":"paper-out"}}""";

    private Task ApplyAsync(string serial, string json) => _fleet.Grains.GetGrain<ITerminalGrain>(serial).Apply([Input(serial, json)]).AsTask();

    private Input Input(string serial, string json)
    {
        const long At = 1_790_000_000_000;
        Assert.Equal(Refusal.None, _reader.Read(Encoding.UTF8.GetBytes(json), serial, Section.Report, At, 1, out var report));
        return new(InputKind.Report, At, report);
    }
}
