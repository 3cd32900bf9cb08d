using Dapper;
using Fleet.House_Tests.Running;
using Fleet.Tests.Shared;
using Npgsql;

namespace Fleet.House_Tests.Cluster;

/// <summary>The same program three times on one PostgreSQL: nodes n1, n2 and n3.</summary>
internal sealed class ThreeSilos : IAsyncDisposable
{
    private readonly string _store;

    private ThreeSilos(string store, FleetProcess[] nodes) => (_store, Nodes) = (store, nodes);

    public IReadOnlyList<FleetProcess> Nodes { get; }

    public int[] MqttPorts => [.. Nodes.Select(node => node.MqttPort)];

    public static async Task<ThreeSilos> StartAsync(string store, params string[] settings)
    {
        var began = TimeProvider.System.GetTimestamp();
        var nodes = await Task.WhenAll(Enumerable.Range(1, 3).Select(n => FleetProcess.StartAsync(
            [$"--Store:ConnectionString={store}", $"--Cluster:Node=n{n}", "--Mqtt:AllowAnonymous=true", "--Influx:Api=none", .. settings])));
        CarefulFleet.Say($"three silos are ready after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:N1} s");
        return new(store, nodes);
    }

    /// <summary>The dead node's journal was adopted: its lease is gone, and of its rows none is left.</summary>
    public async Task IsAdoptedAsync(string node)
    {
        await using var connection = new NpgsqlConnection(_store);
        await Eventually.EqualAsync((0L, 0L), () => connection.QuerySingleAsync<(long Leases, long Rows)>(
            "select (select count(*) from journal_lease where node = @node), (select count(*) from journal where node = @node)", new { node }),
            TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
    }
}
