using Fleet.House_Tests.Running;
using Fleet.Tests;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests.Cluster;

/// <summary>Three silos behind a TCP balancer, and a store that goes away: nothing acknowledged is lost, nothing doubled, no state goes back.</summary>
[Collection(nameof(Alone))]
public sealed class FailoverTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const int Terminals = 300;
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task Behind_a_balancer_terminals_move_between_nodes_that_die_and_come_back()
    {
        await using var cluster = await ThreeSilos.StartAsync(await postgres.CreateDatabaseAsync());
        await using var balancer = await Balancer.StartAsync(cluster.MqttPorts);
        await using var fleet = new CarefulFleet(Terminals, s_period, balancer.MqttPort);
        await fleet.GoOnAsync(12);
        foreach (var node in (int[])[1, 2])
        {
            fleet.RunOutOfPaper(node == 1 ? PaperTrouble.Out : PaperTrouble.OutAndChanged);
            CarefulFleet.LongestWait(fleet.Terminals);
            await cluster.Nodes[node].KillAsync();
            await fleet.GoOnAsync(4);
            CarefulFleet.Say($"n{node + 1} killed behind the balancer: longest acknowledgement of all terminals {CarefulFleet.LongestWait(fleet.Terminals).TotalSeconds:N1} s");
            await cluster.IsAdoptedAsync($"n{node + 1}");
            await cluster.Nodes[node].StartAsync();
            await fleet.GoOnAsync(4);
        }
        await fleet.GoOnAsync(8);
        await fleet.EndAsync();
        foreach (var node in cluster.Nodes) await fleet.IsCompleteAsync(node.Api);
        await fleet.HasOneAlertEachAsync(cluster.Nodes[0].Api);
    }

    [Fact]
    public async Task A_database_that_restarts_and_then_fails_over_to_its_standby_costs_moments_and_no_message()
    {
        await using var pair = await PostgresPair.StartAsync();
        await using var cluster = await ThreeSilos.StartAsync(pair.ConnectionString);
        await using var fleet = new CarefulFleet(Terminals, s_period, cluster.MqttPorts);
        await fleet.GoOnAsync(12);
        fleet.RunOutOfPaper(PaperTrouble.Out);
        CarefulFleet.LongestWait(fleet.Terminals);
        var began = TimeProvider.System.GetTimestamp();
        await pair.RestartPrimaryAsync();
        var away = TimeProvider.System.GetElapsedTime(began);
        await fleet.GoOnAsync(8);
        CarefulFleet.Say($"PostgreSQL restarted, away for {away.TotalSeconds:N1} s: longest acknowledgement {CarefulFleet.LongestWait(fleet.Terminals).TotalSeconds:N1} s");
        fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
        await fleet.GoOnAsync(2);
        began = TimeProvider.System.GetTimestamp();
        await pair.FailOverAsync();
        away = TimeProvider.System.GetElapsedTime(began);
        await fleet.GoOnAsync(8);
        CarefulFleet.Say($"PostgreSQL failed over within {away.TotalSeconds:N1} s: longest acknowledgement {CarefulFleet.LongestWait(fleet.Terminals).TotalSeconds:N1} s");
        await fleet.GoOnAsync(16);
        await fleet.EndAsync();
        Assert.All(cluster.Nodes, node => Assert.False(node.HasEnded)); // a store that was away is no reason to give up
        foreach (var node in cluster.Nodes) await fleet.IsCompleteAsync(node.Api);
        await fleet.HasOneAlertEachAsync(cluster.Nodes[0].Api);
    }
}
