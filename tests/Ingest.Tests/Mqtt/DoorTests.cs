using System.Net;
using System.Net.Sockets;
using System.Text;
using Fleet.Ingest.Mqtt;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>The door as terminals and operators see it, by MQTTnet's own client over TCP.</summary>
public sealed class DoorTests(FleetHost fleet) : IClassFixture<FleetHost>
{
    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public async Task A_terminal_with_its_password_reports_and_is_acknowledged_when_it_is_on_disk(MqttProtocolVersion version)
    {
        var serial = $"D-{version}";
        using var client = await fleet.ConnectAsync(serial, version: version);
        var result = await client.PublishStringAsync($"fleet/v1/{serial}/report", """{"seq":1}""", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.True(result.IsSuccess);
        Assert.Equal([$"Online {serial} ", $$"""Report {{serial}} {"seq":1}"""], await fleet.EntriesAsync(serial));
        await Some.Until(() => fleet.History.Of(serial).Count == 1, "the point");
        await client.DisconnectAsync();
        Assert.Equal($"Offline {serial} ", (await fleet.EntriesAsync(serial, 3))[^1]);
    }

    [Fact]
    public async Task A_wrong_password_and_no_password_are_refused()
    {
        await fleet.Credentials.CreateAsync("P1");
        Assert.Equal(MqttClientConnectResultCode.BadUserNameOrPassword, await RefusedAsync(fleet.Client("P1", "wrong")));
        Assert.Equal(MqttClientConnectResultCode.BadUserNameOrPassword, await RefusedAsync(fleet.Client("P2", "any")));
        Assert.Equal(MqttClientConnectResultCode.NotAuthorized, await RefusedAsync(fleet.Client(null, null)));
    }

    [Fact]
    public async Task A_message_of_a_foreign_serial_is_refused_with_its_reason_and_goes_nowhere()
    {
        using var client = await fleet.ConnectAsync("F1");
        var foreign = await client.PublishStringAsync("fleet/v1/F2/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal((MqttClientPublishReasonCode.NotAuthorized, "foreign-serial"), (foreign.ReasonCode, foreign.ReasonString));
        var unknown = await client.PublishStringAsync("fleet/v1/F1/nonsense", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal((MqttClientPublishReasonCode.TopicNameInvalid, "unknown-topic"), (unknown.ReasonCode, unknown.ReasonString));
        var card = await client.PublishStringAsync("fleet/v1/F1/report", """{"note":"4111 1111 1111 1111"}""", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal((MqttClientPublishReasonCode.PayloadFormatInvalid, "card-number"), (card.ReasonCode, card.ReasonString));
        Assert.Empty(await fleet.EntriesAsync("F2"));
        Assert.Equal(["Online F1 ", "Refused F1 ", "Refused F1 ", "Refused F1 "], await fleet.EntriesAsync("F1", 4));
    }

    [Fact]
    public async Task What_a_terminal_sends_and_nobody_can_use_is_a_fault_of_that_terminal_whoever_it_speaks_for()
    {
        using var client = await fleet.ConnectAsync("F5");
        for (var i = 0; i < 5; i++) await client.PublishStringAsync("fleet/v1/F6/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Empty(fleet.Findings.Of("F5"));
        for (var i = 0; i < 6; i++) await client.PublishStringAsync("fleet/v1/F5/report", "{", MqttQualityOfServiceLevel.AtLeastOnce);
        await Some.Until(() => fleet.Findings.Of("F5").Count > 0, "the finding");
        Assert.Equal(["bad-reports Raised"], fleet.Findings.Of("F5"));
        Assert.Empty(fleet.Findings.Of("F6"));
    }

    [Fact]
    public async Task A_terminal_that_calls_itself_fleet_may_do_no_more_than_others()
    {
        using var client = await fleet.ConnectAsync("F3", o => o.WithClientId("fleet"));
        var command = await client.PublishStringAsync("fleet/v1/F4/command", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.False(command.IsSuccess);
    }

    [Fact]
    public async Task A_terminal_reads_its_own_topics_only()
    {
        using var client = await fleet.ConnectAsync("S1");
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS1, await SubscribeAsync("fleet/v1/S1/command"));
        Assert.Equal(MqttClientSubscribeResultCode.NotAuthorized, await SubscribeAsync("fleet/v1/S2/command"));
        Assert.Equal(MqttClientSubscribeResultCode.NotAuthorized, await SubscribeAsync("fleet/v1/+/command"));
        Assert.Equal(MqttClientSubscribeResultCode.NotAuthorized, await SubscribeAsync("#"));

        async Task<MqttClientSubscribeResultCode> SubscribeAsync(string filter) =>
            (await client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtLeastOnce)).Items.Single().ResultCode;
    }

    [Fact]
    public async Task A_client_identifier_is_its_terminal_s_own_and_another_that_uses_it_has_another_session()
    {
        async Task<(IMqttClient Client, MqttClientConnectResult Result)> ConnectAsync(string serial)
        {
            var password = await fleet.Credentials.RotateAsync(serial, TimeSpan.FromHours(1));
            var client = new MqttClientFactory().CreateMqttClient();
            return (client, await client.ConnectAsync(fleet.Client(serial, password).WithClientId("mine").WithCleanStart(false).WithSessionExpiryInterval(600).Build()));
        }
        var (squatter, _) = await ConnectAsync("O2");
        var (owner, first) = await ConnectAsync("O1");
        Assert.Equal((MqttClientConnectResultCode.Success, false), (first.ResultCode, first.IsSessionPresent));
        Assert.True(squatter.IsConnected);
        await owner.DisconnectAsync();
        await squatter.DisconnectAsync();
        var (_, again) = await ConnectAsync("O1");
        Assert.Equal((MqttClientConnectResultCode.Success, true), (again.ResultCode, again.IsSessionPresent));
    }

    [Fact]
    public async Task Nobody_takes_the_name_of_another_terminal_for_its_session()
    {
        var password = await fleet.Credentials.CreateAsync("N1");
        await fleet.Credentials.CreateAsync("N2");
        Assert.Equal(MqttClientConnectResultCode.ClientIdentifierNotValid, await RefusedAsync(fleet.Client("N1", password).WithClientId("N2")));
        using var rightful = await fleet.ConnectAsync("N2");
        Assert.True(rightful.IsConnected);
    }

    [Fact]
    public async Task One_terminal_keeps_a_few_sessions_not_as_many_as_it_likes()
    {
        var password = await fleet.Credentials.CreateAsync("K1");
        MqttClientOptionsBuilder Kept(int i) => fleet.Client("K1", password).WithClientId($"K1-{i}").WithCleanStart(false).WithSessionExpiryInterval(600);
        for (var i = 0; i < 8; i++)
        {
            using var client = new MqttClientFactory().CreateMqttClient();
            await client.ConnectAsync(Kept(i).Build());
            await client.DisconnectAsync();
        }
        async Task<(MqttClientConnectResultCode, bool)> ConnectAsync(int i)
        {
            using var client = new MqttClientFactory().CreateMqttClient();
            var result = await client.ConnectAsync(Kept(i).Build());
            await client.DisconnectAsync();
            return (result.ResultCode, result.IsSessionPresent);
        }
        // The ninth is let in, for the one that was away longest.
        Assert.Equal((MqttClientConnectResultCode.Success, false), await ConnectAsync(8));
        Assert.Equal((MqttClientConnectResultCode.Success, true), await ConnectAsync(1));
        Assert.Equal((MqttClientConnectResultCode.Success, false), await ConnectAsync(0));
    }

    [Fact]
    public async Task A_terminal_that_falls_silent_leaves_its_last_will()
    {
        var password = await fleet.Credentials.CreateAsync("W1");
        using (var raw = new TcpClient())
        {
            await raw.ConnectAsync(IPAddress.Loopback, fleet.Port);
            await raw.GetStream().WriteAsync(Wire.Bytes(new MqttConnectPacket
            {
                ClientId = "W1", Username = "W1", Password = Encoding.ASCII.GetBytes(password), CleanSession = true,
                WillFlag = true, WillTopic = "fleet/v1/W1/status", WillMessage = "offline"u8.ToArray(),
            }, MqttProtocolVersion.V311));
            await fleet.EntriesAsync("W1", 1);
            raw.Client.LingerState = new(enable: true, seconds: 0);
        }
        Assert.Equal(["Online W1 ", "Offline W1 ", "Offline W1 "], await fleet.EntriesAsync("W1", 3));
    }

    [Fact]
    public async Task A_take_over_leaves_the_terminal_connected_whatever_its_last_will_says()
    {
        using var first = await fleet.ConnectAsync("TO1", o => o.WithWillTopic("fleet/v1/TO1/status").WithWillPayload("offline"));
        var gone = new TaskCompletionSource<MqttClientDisconnectReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        first.DisconnectedAsync += e => { gone.TrySetResult(e.Reason); return Task.CompletedTask; };
        using var second = await fleet.ConnectAsync("TO1");
        Assert.Equal(MqttClientDisconnectReason.SessionTakenOver, await gone.Task.WaitAsync(Some.Patience));
        await second.PublishStringAsync("fleet/v1/TO1/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal(["Online TO1 ", "Offline TO1 ", "Online TO1 ", "Report TO1 {}"], await fleet.EntriesAsync("TO1"));
        var terminal = fleet.Grains.GetGrain<Fleet.Grains.Terminals.ITerminalGrain>("TO1");
        for (var patience = new CancellationTokenSource(Some.Patience); (await terminal.View())?.Reports != 1;) await Task.Delay(5, patience.Token);
        Assert.True((await terminal.View())!.Connected);
    }

    [Fact]
    public async Task A_terminal_that_sends_telemetry_only_is_not_taken_for_dead()
    {
        var password = await fleet.Credentials.CreateAsync("A1");
        using var raw = new TcpClient();
        await raw.ConnectAsync(IPAddress.Loopback, fleet.Port);
        var stream = raw.GetStream();
        await stream.WriteAsync(Wire.Bytes(new MqttConnectPacket
        {
            ClientId = "A1", Username = "A1", Password = Encoding.ASCII.GetBytes(password), CleanSession = true, KeepAlivePeriod = 1,
        }, MqttProtocolVersion.V311));
        for (var i = 0; i < 8; i++) // four seconds; MQTTnet lets go after 1.5
        {
            await stream.WriteAsync(Wire.Publish("fleet/v1/A1/report", $"{i}", 0, MqttProtocolVersion.V311));
            await Task.Delay(500);
        }
        await stream.WriteAsync(Wire.Publish("fleet/v1/A1/report", "last", 9, MqttProtocolVersion.V311));
        Assert.Equal("Report A1 last", (await fleet.EntriesAsync("A1", 10))[^1]);
        Assert.DoesNotContain("Offline A1 ", await fleet.EntriesAsync("A1"));
    }

    [Fact]
    public async Task Telemetry_comes_in_over_a_WebSocket_too()
    {
        using var client = await fleet.ConnectAsync("B1", o => o.WithWebSocketServer(w => w.WithUri($"ws://127.0.0.1:{fleet.WebPort}/mqtt")));
        Assert.True((await client.PublishStringAsync("fleet/v1/B1/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce)).IsSuccess);
        Assert.Equal("Report B1 {}", (await fleet.EntriesAsync("B1"))[^1]);
    }

    [Fact]
    public async Task A_thousand_messages_at_once_are_all_there_in_their_order()
    {
        using var client = await fleet.ConnectAsync("M1");
        var results = await Task.WhenAll(Enumerable.Range(1, 1000).Select(i =>
            client.PublishStringAsync("fleet/v1/M1/report", Encoding.ASCII.GetString(Some.Report(i)), MqttQualityOfServiceLevel.AtLeastOnce)));
        Assert.All(results, r => Assert.True(r.IsSuccess));
        Assert.Equal(1000, (await fleet.EntriesAsync("M1")).Distinct().Count(e => e.StartsWith("Report", StringComparison.Ordinal)));
        await Some.Until(() => fleet.History.Of("M1").Count == 1000, "a thousand points");
        Assert.Equal(1000, (await fleet.Grains.GetGrain<Fleet.Grains.Terminals.ITerminalGrain>("M1").View())!.Reports);
    }

    internal static async Task<MqttClientConnectResultCode> RefusedAsync(MqttClientOptionsBuilder options)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        return (await client.ConnectAsync(options.Build())).ResultCode;
    }
}
