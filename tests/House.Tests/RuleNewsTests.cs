using Fleet.House_Tests.Running;
using MQTTnet;
using MQTTnet.Protocol;

namespace Fleet.House_Tests;

/// <summary>A terminal that has raised a rule's alert and says no more learns that the rule is not for it any longer.</summary>
public sealed class RuleNewsTests : IDisposable
{
    private const string Hot = """{"hot":{"reading":"power.celsius","raise":{"above":50},"where":{"tag":["kiosk"]}}}""";
    private readonly string _rules = Path.Combine(Path.GetTempPath(), $"fleet-rules-{Guid.NewGuid():N}.json");

    public void Dispose()
    {
        File.Delete(_rules);
        File.Delete(_rules + ".csv");
    }

    [Fact]
    public async Task When_the_server_starts_without_the_rule()
    {
        await using var fleet = await HotAsync();
        await fleet.StopAsync();
        await File.WriteAllTextAsync(_rules, "{}", TestContext.Current.CancellationToken);
        await fleet.StartAsync();
        await Eventually.EqualAsync("cleared", () => StateAsync(fleet));
    }

    [Fact]
    public async Task When_the_register_takes_away_what_the_rule_chose_it_by()
    {
        await using var fleet = await HotAsync();
        await RegisterAsync(fleet, "");
        await Eventually.EqualAsync("cleared", () => StateAsync(fleet));
    }

    /// <summary>A server with the rule, and a terminal that has raised it and gone.</summary>
    private async Task<FleetProcess> HotAsync()
    {
        await File.WriteAllTextAsync(_rules, Hot, TestContext.Current.CancellationToken);
        var fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none", $"--Rules:Path={_rules}");
        await RegisterAsync(fleet, "kiosk");
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", fleet.MqttPort).Build(), TestContext.Current.CancellationToken);
        // Until the running server has read the register: a rule asks for a tag that the terminal does not have before.
        await Eventually.EqualAsync("open", async () =>
        {
            await client.PublishStringAsync("fleet/v1/HOT-1/report", """{"power":{"celsius":55}}""", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: TestContext.Current.CancellationToken);
            return await StateAsync(fleet);
        });
        return fleet;
    }

    private async Task RegisterAsync(FleetProcess fleet, string tags)
    {
        await File.WriteAllTextAsync(_rules + ".csv", $"serial,merchant,site,model,carrier,tags\nHOT-1,M-1,S-1,A920,46000,{tags}\n", TestContext.Current.CancellationToken);
        await fleet.VerbAsync("terminals", "import", _rules + ".csv");
    }

    private static async Task<string?> StateAsync(FleetProcess fleet)
    {
        var alerts = (await fleet.Api.GetAsync("/api/v1/alerts?terminal=HOT-1&fault=rule:hot"))?.GetProperty("items");
        return alerts?.GetArrayLength() > 0 ? alerts.Value[0].GetProperty("state").GetString() : null;
    }
}
