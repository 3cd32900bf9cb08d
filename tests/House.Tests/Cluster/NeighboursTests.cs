using Fleet.House_Tests.Running;
using Fleet.Store;
using Fleet.Tests;

namespace Fleet.House_Tests.Cluster;

/// <summary>One cause, one message: also where the terminals that show it, and the grains that see it, are on three silos.</summary>
[Collection(nameof(Alone))]
public sealed class NeighboursTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const int Terminals = 12;
    private const int Merchants = 3;

    [Fact]
    public async Task A_carriers_trouble_is_one_message_to_each_merchant_from_whichever_silo_its_terminals_fall_silent()
    {
        var store = await postgres.CreateDatabaseAsync();
        await RegisterAsync(store);
        using var merchants = new WebhookListener();
        await using var cluster = await ThreeSilos.StartAsync(store, $"--Webhook:Url={merchants.Url}");
        await using (var fleet = new CarefulFleet("carrier", Terminals, TimeSpan.FromMilliseconds(250), cluster.MqttPorts, intervalSeconds: 10))
        {
            await fleet.GoOnAsync(8);
            await fleet.EndAsync();
        }
        await Eventually.EqualAsync(AllOfTheCarrier, () => OfflineAsync(cluster), TimeSpan.FromSeconds(100));
        await Eventually.EqualAsync(Merchants, () => Task.FromResult(merchants.Received.Count));
        Assert.All(merchants.Received, push => Assert.Equal("carrier:46000", push.Json.GetProperty("subject").GetString()));
        Assert.Equal(Merchants, merchants.Received.Select(push => push.Json.GetProperty("merchant").GetString()).Distinct().Count());

        // The silo that is most likely to have the carrier's grain falls; it stands up elsewhere, and nobody is told anything again.
        await cluster.Nodes[0].KillAsync();
        await Eventually.EqualAsync(AllOfTheCarrier, () => OfflineAsync(cluster));
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, TestContext.Current.CancellationToken); // a wake and some beats
        Assert.Equal(Merchants, merchants.Received.Count);
        Assert.All(cluster.Nodes.Skip(1), node => Assert.DoesNotContain("CodecNotFound", node.Output, StringComparison.Ordinal));
    }

    private static string AllOfTheCarrier => string.Join(", ", Enumerable.Range(0, Terminals).Select(i => $"carrier-{i} carrier-outage").Order(StringComparer.Ordinal));

    /// <summary>The terminals that have an alert of silence, each with its cause.</summary>
    private static async Task<string> OfflineAsync(ThreeSilos cluster)
    {
        var page = await cluster.Nodes[1].Api.GetAsync("/api/v1/alerts?state=open&fault=offline");
        return string.Join(", ", page!.Value.GetProperty("items").EnumerateArray().Select(alert => $"{alert.GetProperty("terminal")} {alert.GetProperty("cause")}").Order(StringComparer.Ordinal));
    }

    /// <summary>Six shops with two terminals each, of three merchants, on one carrier.</summary>
    private static async Task RegisterAsync(string store)
    {
        await using var database = Database.Postgres(store);
        await database.EnsureAsync(Tables.Registry);
        await new Registry(database).ImportAsync(Enumerable.Range(0, Terminals).Select(i =>
            new RegisteredTerminal($"carrier-{i}", $"Merchant {i / 2 % Merchants}", $"Shop {i / 2}", "A920", "46000")));
    }
}
