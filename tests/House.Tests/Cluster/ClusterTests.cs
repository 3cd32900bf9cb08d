using Fleet.House_Tests.Running;
using Fleet.Tests.Shared;
using Fleet.Tests;

namespace Fleet.House_Tests.Cluster;

/// <summary>Three silos on PostgreSQL lose nothing of what they acknowledged, whatever falls, and apply nothing twice.</summary>
[Collection(nameof(Alone))]
public sealed class ClusterTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const int Terminals = 300;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);
    private static readonly TimeProvider s_clock = TimeProvider.System;

    [Fact]
    public async Task A_killed_silo_loses_nothing_and_takes_part_again_when_it_is_back()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.CreateDatabaseAsync());
        await using var fleet = new CarefulFleet(Terminals, s_period, cluster.MqttPorts);
        // A second's reports of these are more than the 256 that a terminal tells late ones from duplicates by.
        await using var fast = new CarefulFleet("fast", 3, TimeSpan.FromMilliseconds(3), cluster.MqttPorts);
        await fleet.GoOnAsync(20);
        var moved = fleet.Terminals.Where(terminal => terminal.Home == 1).ToArray();
        var stayed = fleet.Terminals.Except(moved).ToArray();
        CarefulFleet.Say($"before: acknowledged at most after {CarefulFleet.LongestWait(fleet.Terminals).TotalMilliseconds:N0} ms");

        // What is found just before a silo falls is the hardest to find exactly once.
        fleet.RunOutOfPaper(PaperTrouble.Out);
        await fleet.GoOnAsync(1);
        fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
        await fleet.GoOnAsync(4);
        var killed = s_clock.GetTimestamp();
        await cluster.Nodes[1].KillAsync();
        var acknowledgedAgain = await CarefulFleet.AllAcknowledgedAsync(moved, 1);
        var servedAgain = await ServedAgainAsync(cluster.Nodes[0], moved[0], killed);
        await cluster.IsAdoptedAsync("n2");
        CarefulFleet.Say($"n2 killed: its terminals acknowledged elsewhere within {acknowledgedAgain.TotalSeconds:N1} s, in the API again after {servedAgain.TotalSeconds:N1} s, "
            + $"its journal worked off after {s_clock.GetElapsedTime(killed).TotalSeconds:N1} s");
        await fleet.GoOnAsync(20);
        CarefulFleet.Say($"longest acknowledgement: terminals of n2 {CarefulFleet.LongestWait(moved).TotalSeconds:N1} s, of the survivors {CarefulFleet.LongestWait(stayed).TotalSeconds:N1} s");

        var started = s_clock.GetTimestamp();
        await cluster.Nodes[1].StartAsync();
        foreach (var terminal in moved) terminal.Home = 1;
        await fleet.GoOnAsync(20);
        CarefulFleet.Say($"n2 back: with its terminals after {s_clock.GetElapsedTime(started).TotalSeconds:N1} s; longest acknowledgement {CarefulFleet.LongestWait(fleet.Terminals).TotalSeconds:N1} s");
        Assert.All(moved, terminal => Assert.Equal(1, terminal.Home));
        await fleet.EndAsync();
        await fast.EndAsync();
        foreach (var node in cluster.Nodes)
        {
            await fleet.IsCompleteAsync(node.Api);
            await fast.IsCompleteAsync(node.Api);
        }
        await fleet.HasOneAlertEachAsync(cluster.Nodes[0].Api);
    }

    [Fact]
    public async Task Three_silos_killed_at_once_come_back_with_everything()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.CreateDatabaseAsync());
        await using var fleet = new CarefulFleet(Terminals, s_period, cluster.MqttPorts);
        var commands = new CommandStory(cluster);
        await Task.WhenAll(fleet.GoOnAsync(20), commands.GoAcrossNodesAsync());
        await commands.LeaveAsync();
        fleet.RunOutOfPaper(PaperTrouble.Out);
        fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
        await fleet.GoOnAsync(4);
        await Task.WhenAll(cluster.Nodes.Select(node => node.KillAsync()));
        var began = s_clock.GetTimestamp();
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartAsync()));
        CarefulFleet.Say($"all three killed: ready again after {s_clock.GetElapsedTime(began).TotalSeconds:N1} s");
        await Task.WhenAll(fleet.GoOnAsync(20), commands.ArriveAsync());
        await fleet.EndAsync();
        foreach (var node in cluster.Nodes) await fleet.IsCompleteAsync(node.Api);
        await fleet.HasOneAlertEachAsync(cluster.Nodes[2].Api);
    }

    [Fact]
    public async Task A_silo_that_was_paused_and_given_up_writes_nothing_more()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.CreateDatabaseAsync());
        await using var fleet = new CarefulFleet(Terminals, s_period, cluster.MqttPorts);
        await fleet.GoOnAsync(20);
        var stayed = fleet.Terminals.Where(terminal => terminal.Home != 2).ToArray();
        var moved = fleet.Terminals.Except(stayed).ToArray();
        CarefulFleet.LongestWait(fleet.Terminals);
        fleet.RunOutOfPaper(PaperTrouble.Out);
        fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
        await fleet.GoOnAsync(4);
        var paused = s_clock.GetTimestamp();
        await cluster.Nodes[2].PauseAsync();
        await cluster.IsAdoptedAsync("n3");
        CarefulFleet.Say($"n3 paused: its journal worked off after {s_clock.GetElapsedTime(paused).TotalSeconds:N1} s");
        await fleet.GoOnAsync(4);
        await Eventually.EqualAsync(true, () => Task.FromResult(s_clock.GetElapsedTime(paused) > TimeSpan.FromSeconds(30)), TimeSpan.FromSeconds(40));

        var resumed = s_clock.GetTimestamp();
        await cluster.Nodes[2].ResumeAsync();
        var exitCode = await cluster.Nodes[2].EndedAsync(TimeSpan.FromSeconds(60));
        CarefulFleet.Say($"n3 resumed: ended with {exitCode} after {s_clock.GetElapsedTime(resumed).TotalSeconds:N1} s");
        Assert.NotEqual(0, exitCode); // it was not asked to stop
        CarefulFleet.Say($"longest acknowledgement: terminals of n3 {CarefulFleet.LongestWait(moved).TotalSeconds:N1} s, of the others {CarefulFleet.LongestWait(stayed).TotalSeconds:N1} s");
        await cluster.Nodes[2].StartAsync(); // as systemd does
        foreach (var terminal in moved) terminal.Home = 2;
        await fleet.GoOnAsync(8);
        await fleet.EndAsync();
        foreach (var node in cluster.Nodes) await fleet.IsCompleteAsync(node.Api);
        await fleet.HasOneAlertEachAsync(cluster.Nodes[0].Api);
    }

    /// <summary>How long after <paramref name="since"/> a survivor shows a report of the terminal that came after it.</summary>
    private static async Task<TimeSpan> ServedAgainAsync(FleetProcess survivor, CarefulTerminal terminal, long since)
    {
        var wanted = terminal.Acknowledged;
        await Eventually.ReachAsync(async () =>
        {
            try { return (await survivor.Api.GetAsync($"/api/v1/terminals/{terminal.Serial}"))?.GetProperty("lastReport").GetProperty("seq").GetInt64() ?? 0; }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return 0; }
        }, seq => seq >= wanted, TimeSpan.FromSeconds(60));
        return s_clock.GetElapsedTime(since);
    }
}

/// <summary>These tests start many processes and wait for them: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
