using System.Collections.Concurrent;
using System.Text;
using Dapper;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Credentials;
using Fleet.Ingest_Tests.Mqtt.Conformance;
using Fleet.Store;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Commands;

/// <summary>An operator's tool publishes on a terminal's command topic.</summary>
public sealed class ToolCommandTests(FleetHost fleet) : IClassFixture<FleetHost>
{
    [Theory]
    [InlineData(MqttProtocolVersion.V500, 0), InlineData(MqttProtocolVersion.V500, 1), InlineData(MqttProtocolVersion.V500, 2), InlineData(MqttProtocolVersion.V311, 1), InlineData(MqttProtocolVersion.V311, 2)]
    public async Task What_a_tool_publishes_is_in_the_store_when_it_is_acknowledged_and_waits_for_its_terminal(MqttProtocolVersion version, int qos)
    {
        var serial = $"T{version}-{qos}";
        using (var tool = await ToolAsync(version))
        {
            await PublishAsync(tool, serial, """{"id":"1","do":"beep"}""", qos);
            if (qos > 0) Assert.Equal(CommandState.Waiting, (await fleet.Commands.FindAsync(serial, "1", default))?.State);
        } // at QoS 0 it hangs up at once
        using var terminal = await fleet.ConnectAsync(serial);
        var heard = Hear(terminal);
        await terminal.SubscribeAsync($"fleet/v1/{serial}/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await BecomesAsync(serial, "1", CommandState.Delivered);
        var command = Assert.Single(heard);
        Assert.Equal(("""{"id":"1","do":"beep"}""", MqttQualityOfServiceLevel.AtLeastOnce, $"fleet/v1/{serial}/result", "1"),
            (command.ConvertPayloadToString(), command.QualityOfServiceLevel, command.ResponseTopic, Encoding.UTF8.GetString(command.CorrelationData)));

        await terminal.PublishStringAsync($"fleet/v1/{serial}/result", """{"id":"1","done":true}""", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal("""{"id":"1","done":true}""", (await BecomesAsync(serial, "1", CommandState.Answered)).Result);
    }

    [Fact]
    public async Task Its_correlation_data_is_its_id_and_its_expiry_the_commands()
    {
        using var tool = await ToolAsync();
        await tool.PublishAsync(new MqttApplicationMessageBuilder().WithTopic("fleet/v1/TC/command").WithPayload("""{"do":"beep"}""")
            .WithCorrelationData("abc"u8.ToArray()).WithMessageExpiryInterval(600).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());
        var kept = (await fleet.Commands.FindAsync("TC", "abc", default))!;
        Assert.Equal("""{"do":"beep","id":"abc"}""", kept.Payload);
        Assert.InRange(kept.ExpiresAt - kept.CreatedAt, 590_000, 600_000);

        await PublishAsync(tool, "TC", "{}", 1);
        Assert.Equal([false, true], (await fleet.Commands.ListAsync("TC", 10, null, default)).Select(c => c.Id == "abc"));
    }

    [Fact]
    public async Task Commands_of_a_tool_come_in_its_order_and_a_retained_one_only_once()
    {
        using var tool = await ToolAsync();
        for (var i = 0; i < 20; i++) await PublishAsync(tool, "TO", $$"""{"n":{{i}}}""", 1, retain: true);
        for (var visit = 0; visit < 2; visit++)
        {
            using var terminal = await fleet.ConnectAsync("TO");
            var heard = Hear(terminal);
            await terminal.SubscribeAsync("fleet/v1/TO/command", MqttQualityOfServiceLevel.AtLeastOnce);
            foreach (var command in await fleet.Commands.ListAsync("TO", 100, null, default)) await BecomesAsync("TO", command.Id, CommandState.Delivered);
            await terminal.PingAsync(); // what else there was would have come before its answer
            if (visit == 0) Assert.Equal(Enumerable.Range(0, 20).Select(i => $$"""{"n":{{i}},"""), heard.Select(m => m.ConvertPayloadToString()[..m.ConvertPayloadToString().IndexOf("\"id", StringComparison.Ordinal)]));
            else Assert.Empty(heard);
        }
    }

    [Fact]
    public async Task What_is_no_command_is_refused_by_its_code_and_not_kept()
    {
        using var tool = await ToolAsync();
        foreach (var bad in (string[])["", "beep", "[]", """{"id":7}""", """{"card":"4111111111111111"}"""])
        {
            Assert.Equal(MqttClientPublishReasonCode.PayloadFormatInvalid, (await PublishAsync(tool, "TR", bad, 1)).ReasonCode);
            Assert.False((await PublishAsync(tool, "TR", bad, 2)).IsSuccess); // MQTTnet's client does not say why
        }
        foreach (var none in (string[])["a b", "a/b"])
            Assert.Equal(MqttClientPublishReasonCode.TopicNameInvalid, (await PublishAsync(tool, none, "{}", 1)).ReasonCode);
        Assert.True((await PublishAsync(tool, "TR", """{"id":"1"}""", 1)).IsSuccess);
        Assert.True((await PublishAsync(tool, "TR", """{"id":"1"}""", 1)).IsSuccess); // the same once more
        Assert.Equal(MqttClientPublishReasonCode.ImplementationSpecificError, (await PublishAsync(tool, "TR", """{"id":"1","other":1}""", 1)).ReasonCode);
        for (var i = 2; i <= CommandStore.MostWaiting; i++) await PublishAsync(tool, "TR", $$"""{"id":"{{i}}"}""", 1);
        var tooMany = await PublishAsync(tool, "TR", "{}", 1);
        Assert.Equal((MqttClientPublishReasonCode.QuotaExceeded, "too-many"), (tooMany.ReasonCode, tooMany.ReasonString));
        Assert.Equal(CommandStore.MostWaiting, (await fleet.Commands.ListAsync("TR", 1000, null, default)).Count);
    }

    [Fact]
    public async Task Where_a_token_may_not_publish_and_at_3_nothing_is_kept_that_should_not_be()
    {
        using var old = await ToolAsync(MqttProtocolVersion.V311);
        Assert.True((await PublishAsync(old, "TA", "beep", 1)).IsSuccess); // 3.1.1 has no other answer
        var secret = await fleet.Services.GetRequiredService<TokenStore>().CreateAsync("narrow", [], ["fleet/v1/TB/command"]);
        using var narrow = new MqttClientFactory().CreateMqttClient();
        await narrow.ConnectAsync(fleet.Client("token:narrow", secret).Build());
        Assert.False((await PublishAsync(narrow, "TA", "{}", 1)).IsSuccess);
        Assert.Empty(await fleet.Commands.ListAsync("TA", 10, null, default));
        Assert.True((await PublishAsync(narrow, "TB", "{}", 1)).IsSuccess);
        Assert.Single(await fleet.Commands.ListAsync("TB", 10, null, default));
    }

    [Fact]
    public async Task While_the_store_is_away_nothing_is_acknowledged_and_then_it_is_kept_once()
    {
        using var tool = await ToolAsync();
        await using var store = await fleet.Services.GetRequiredService<Database>().OpenAsync();
        await store.ExecuteAsync("alter table commands rename to commands_away");
        var published = PublishAsync(tool, "TS", "{}", 2);
        Assert.NotSame(published, await Task.WhenAny(published, Task.Delay(300)));
        await store.ExecuteAsync("alter table commands_away rename to commands");
        Assert.True((await published.WaitAsync(Some.Patience)).IsSuccess);
        Assert.Single(await fleet.Commands.ListAsync("TS", 10, null, default));
    }

    [Fact]
    public async Task A_will_on_a_command_topic_is_a_command()
    {
        using (var tool = await ToolAsync(with: o => o.WithWillTopic("fleet/v1/TW/command").WithWillPayload("""{"id":"will"}""").WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)))
            await tool.DisconnectAsync(new MqttClientDisconnectOptionsBuilder().WithReason(MqttClientDisconnectOptionsReason.DisconnectWithWillMessage).Build());
        await BecomesAsync("TW", "will", CommandState.Waiting);
    }

    [Fact]
    public async Task A_general_broker_passes_it_on_as_it_is()
    {
        var door = new Door();
        try
        {
            using var client = new MqttClientFactory().CreateMqttClient();
            var heard = Hear(client);
            await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", await door.PortAsync()).Build());
            await client.SubscribeAsync("fleet/v1/TG/command");
            await client.PublishStringAsync("fleet/v1/TG/command", "no JSON", MqttQualityOfServiceLevel.AtLeastOnce);
            await Some.Until(() => heard.Count == 1, "the message");
            Assert.Equal("no JSON", heard.Single().ConvertPayloadToString());
        }
        finally { await door.DisposeAsync(); }
    }

    private async Task<IMqttClient> ToolAsync(MqttProtocolVersion version = MqttProtocolVersion.V500, Action<MqttClientOptionsBuilder>? with = null)
    {
        var name = $"tool-{Guid.NewGuid():n}";
        var options = fleet.Client($"token:{name}", await fleet.Services.GetRequiredService<TokenStore>().CreateAsync(name, [], ["fleet/v1/#"]), version);
        with?.Invoke(options);
        var tool = new MqttClientFactory().CreateMqttClient();
        await tool.ConnectAsync(options.Build());
        return tool;
    }

    private static Task<MqttClientPublishResult> PublishAsync(IMqttClient tool, string serial, string payload, int qos, bool retain = false) =>
        tool.PublishStringAsync($"fleet/v1/{serial}/command", payload, (MqttQualityOfServiceLevel)qos, retain);

    private Task<TerminalCommand> BecomesAsync(string serial, string id, CommandState state) => fleet.Commands.BecomesAsync(serial, id, state);

    private static ConcurrentQueue<MqttApplicationMessage> Hear(IMqttClient client)
    {
        var heard = new ConcurrentQueue<MqttApplicationMessage>();
        client.ApplicationMessageReceivedAsync += e => { heard.Enqueue(e.ApplicationMessage); return Task.CompletedTask; };
        return heard;
    }
}
