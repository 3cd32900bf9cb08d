using Fleet.House_Tests.Running;
using Fleet.Tests;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests.Cluster;

/// <summary>Two nodes share the terminals of a Mosquitto; one is killed in the middle.</summary>
[Collection(nameof(Alone))]
public sealed class BridgeClusterTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [Theory]
    [InlineData("5.0", true)]
    [InlineData("3.1.1", false)]
    public async Task A_killed_node_loses_nothing_of_a_shared_subscription_whether_it_comes_back_or_not(string version, bool comesBack)
    {
        await using var broker = new MosquittoServer();
        await broker.StartAsync();
        var nodes = await StartAsync(broker, version);
        await using var first = nodes[0];
        await using var second = nodes[1];
        foreach (var node in nodes) await Eventually.EqualAsync(1, () => Connected(node));

        await using var fleet = new CarefulFleet(100, TimeSpan.FromMilliseconds(250), broker.Port);
        fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
        await fleet.GoOnAsync(20);
        foreach (var node in nodes) await Eventually.ReachAsync(() => node.Api.CounterAsync("fleet_bridge_messages_total", "taken"), taken => taken > 500);
        var clock = TimeProvider.System;
        var killed = clock.GetTimestamp();
        fleet.RunOutOfPaper(PaperTrouble.Out); // found just before the end of one of the two who find it
        await fleet.GoOnAsync(1);
        await second.KillAsync();
        if (comesBack) await second.StartAsync();
        // Its lease ends, its journal is adopted, and so is its session, where messages went on waiting meanwhile.
        else await Eventually.EqualAsync(2, () => Connected(first), TimeSpan.FromSeconds(60));
        CarefulFleet.Say($"n2 killed: {(comesBack ? "back" : "its session taken over")} after {clock.GetElapsedTime(killed).TotalSeconds:N1} s");
        await fleet.GoOnAsync(20);
        await fleet.EndAsync();
        await fleet.IsCompleteAsync(first.Api);
        if (comesBack) await fleet.IsCompleteAsync(second.Api);
        await fleet.HasOneAlertEachAsync(first.Api);
    }

    [Fact]
    public async Task A_node_that_comes_back_takes_its_session_again()
    {
        await using var broker = new MosquittoServer();
        await broker.StartAsync();
        var nodes = await StartAsync(broker, "5.0");
        await using var first = nodes[0];
        await using var second = nodes[1];
        await second.KillAsync();
        await Eventually.EqualAsync(2, () => Connected(first), TimeSpan.FromSeconds(60));
        await second.StartAsync();
        await Eventually.EqualAsync((1, 1), async () => (await Connected(first), await Connected(second)));
    }

    [Fact]
    public async Task A_broker_that_is_restarted_under_load_loses_nothing_of_a_node_that_is_alone_and_health_tells_of_it()
    {
        await using var broker = new MosquittoServer();
        await broker.StartAsync();
        await using var node = await FleetProcess.StartAsync("--Influx:Api=none", "--Bridge:RetryFirst=00:00:00.2", "--Bridge:RetryLongest=00:00:01",
            "--Bridge:Brokers:0:Host=127.0.0.1", $"--Bridge:Brokers:0:Port={broker.Port}");
        await Eventually.EqualAsync("ready", () => Status(node));
        await using var fleet = new CarefulFleet(50, TimeSpan.FromMilliseconds(100), broker.Port);
        for (var restart = 1; restart <= 3; restart++)
        {
            await fleet.GoOnAsync(20);
            await broker.StopAsync();
            await Eventually.EqualAsync("degraded", () => Status(node)); // and 200: it is no reason to send terminals away
            await broker.StartAsync();
        }
        await fleet.GoOnAsync(20);
        await fleet.EndAsync();
        await fleet.IsCompleteAsync(node.Api);
        Assert.Equal("ready", await Status(node));
    }

    private async Task<FleetProcess[]> StartAsync(MosquittoServer broker, string version)
    {
        var store = await postgres.CreateDatabaseAsync();
        return await Task.WhenAll(Enumerable.Range(1, 2).Select(n => FleetProcess.StartAsync(
            $"--Store:ConnectionString={store}", $"--Cluster:Node=n{n}", "--Influx:Api=none", "--Bridge:RetryFirst=00:00:00.2",
            "--Bridge:Brokers:0:Host=127.0.0.1", $"--Bridge:Brokers:0:Port={broker.Port}", $"--Bridge:Brokers:0:Version={version}", "--Bridge:Brokers:0:ShareGroup=fleet")));
    }

    private static Task<double> Connected(FleetProcess node) => node.Api.CounterAsync("fleet_bridge_connected", "");

    private static async Task<string?> Status(FleetProcess node) => (await node.Api.GetAsync("/health/ready"))?.GetProperty("status").GetString();
}
