using System.Net;
using Fleet.Ingest.Credentials;
using Fleet.Ingest_Tests.Mqtt;
using Fleet.Store;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Credentials;

/// <summary>What a CONNECT costs us, whatever a stranger writes into it, and what it is told when we cannot judge.</summary>
public sealed class AdmissionTests
{
    private static readonly IPAddress s_afar = IPAddress.Parse("10.0.0.1");

    [Theory]
    [InlineData("token:")]
    [InlineData("")]
    public async Task Names_of_strangers_are_not_kept_neither_long_ones_nor_unknown_ones(string prefix)
    {
        await using var fleet = await HostAsync();
        var (admission, standings) = (fleet.Services.GetRequiredService<Admission>(), fleet.Services.GetRequiredService<Standings>());
        foreach (var name in new[] { new string('x', 60_000), "unknown" })
            Assert.Equal(MqttConnectReasonCode.BadUserNameOrPassword, (await admission.JudgeAsync(Visitor(prefix + name, ""), default)).Reason);
        Assert.Equal(0, standings.Count);

        var password = await fleet.Credentials.CreateAsync("A1");
        foreach (var clientId in new[] { new string('x', 60_000), "unknown" })
            Assert.Equal("A1", (await admission.JudgeAsync(Visitor("A1", password) with { ClientId = clientId }, default)).Access?.Serial);
        Assert.InRange(standings.Count, 0, 1); // a password that was made just now is read again
    }

    [Fact]
    public async Task While_the_store_is_away_a_client_identifier_that_must_be_looked_up_is_answered_with_0x88()
    {
        await using var fleet = await HostAsync();
        var password = await fleet.Credentials.CreateAsync("A2");
        for (var i = 0; i < 2; i++) await fleet.Services.GetRequiredService<AccessWatch>().LookAsync(default); // the change is no news any more
        Assert.Equal(MQTTnet.MqttClientConnectResultCode.Success, await DoorTests.RefusedAsync(fleet.Client("A2", password)));
        await using (var connection = await fleet.Services.GetRequiredService<Database>().OpenAsync())
        {
            await using var drop = connection.CreateCommand();
            drop.CommandText = "drop table terminals";
            await drop.ExecuteNonQueryAsync();
        }
        Assert.Equal(MQTTnet.MqttClientConnectResultCode.Success, await DoorTests.RefusedAsync(fleet.Client("A2", password))); // from memory
        Assert.Equal(MQTTnet.MqttClientConnectResultCode.ServerUnavailable, await DoorTests.RefusedAsync(fleet.Client("A2", password).WithClientId("another")));
    }

    [Fact]
    public async Task Who_asks_while_we_leave_is_answered_with_0x88()
    {
        await using var fleet = await HostAsync();
        var verdict = await fleet.Services.GetRequiredService<Admission>().JudgeAsync(Visitor("A3", ""), new CancellationToken(canceled: true));
        Assert.Equal((MqttConnectReasonCode.ServerUnavailable, "stopping"), (verdict.Reason, verdict.Refusal));
    }

    private static Visitor Visitor(string name, string password) => new(name, name, System.Text.Encoding.ASCII.GetBytes(password), s_afar, null);

    private static async Task<FleetHost> HostAsync()
    {
        var host = new FleetHost();
        await host.InitializeAsync();
        return host;
    }
}
