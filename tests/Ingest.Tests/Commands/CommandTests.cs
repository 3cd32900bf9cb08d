using System.Collections.Concurrent;
using System.Text;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Credentials;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Commands;

public sealed class CommandTests(FleetHost fleet) : IClassFixture<FleetHost>
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_command_goes_down_at_once_and_its_result_comes_back()
    {
        using var terminal = await fleet.ConnectAsync("C1");
        var heard = Hear(terminal);
        await terminal.SubscribeAsync("fleet/v1/C1/command", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal(CommandState.Waiting, (await SendAsync("C1", "1"))!.State);
        await Some.Until(() => heard.Count == 1, "the command");
        Assert.True(heard.TryDequeue(out var command));
        Assert.Equal(("""{"id":"1"}""", "fleet/v1/C1/result", "1"), (command.ConvertPayloadToString(), command.ResponseTopic, Encoding.UTF8.GetString(command.CorrelationData)));
        await BecomesAsync("C1", "1", CommandState.Delivered);

        await terminal.PublishStringAsync("fleet/v1/C1/result", """{"done":true,"id":"1"}""", MqttQualityOfServiceLevel.AtLeastOnce);
        var answered = await BecomesAsync("C1", "1", CommandState.Answered);
        Assert.Equal("""{"done":true,"id":"1"}""", answered.Result);
    }

    [Fact]
    public async Task A_result_without_an_id_is_known_by_its_correlation_data()
    {
        using var terminal = await fleet.ConnectAsync("C2");
        await SendAsync("C2", "a");
        await terminal.PublishAsync(new MqttApplicationMessageBuilder().WithTopic("fleet/v1/C2/result").WithPayload("not json")
            .WithCorrelationData("a"u8.ToArray()).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());
        Assert.Equal("not json", (await BecomesAsync("C2", "a", CommandState.Answered)).Result);
    }

    [Fact]
    public async Task Commands_wait_for_a_terminal_that_is_away_and_come_in_their_order()
    {
        for (var i = 0; i < 5; i++) await SendAsync("C3", $"{i}");
        using var terminal = await fleet.ConnectAsync("C3");
        var heard = Hear(terminal);
        await terminal.SubscribeAsync("fleet/v1/C3/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await Some.Until(() => heard.Count == 5, "five commands");
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $$"""{"id":"{{i}}"}"""), heard.Select(m => m.ConvertPayloadToString()));
        await BecomesAsync("C3", "4", CommandState.Delivered);
    }

    [Fact]
    public async Task A_command_that_is_not_acknowledged_comes_again_in_the_next_session()
    {
        var password = await fleet.Credentials.CreateAsync("C4");
        using (var silent = new MqttClientFactory().CreateMqttClient())
        {
            var got = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            silent.ApplicationMessageReceivedAsync += e => { e.AutoAcknowledge = false; got.TrySetResult(); return Task.CompletedTask; };
            await silent.ConnectAsync(fleet.Client("C4", password).Build());
            await silent.SubscribeAsync("fleet/v1/C4/command", MqttQualityOfServiceLevel.AtLeastOnce);
            await SendAsync("C4", "x");
            await got.Task.WaitAsync(Some.Patience);
            Assert.Equal(CommandState.Waiting, (await fleet.Commands.FindAsync("C4", "x", default))!.State);
        }
        using var terminal = new MqttClientFactory().CreateMqttClient();
        var heard = Hear(terminal);
        await terminal.ConnectAsync(fleet.Client("C4", password).Build());
        await terminal.SubscribeAsync("fleet/v1/C4/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await Some.Until(() => heard.Count == 1, "the command again");
        await BecomesAsync("C4", "x", CommandState.Delivered);
    }

    [Fact]
    public async Task In_a_kept_session_it_comes_again_once_as_a_duplicate()
    {
        using var connection = await fleet.ConnectAsync("C5", o => o.WithCleanStart(false).WithSessionExpiryInterval(600));
        await connection.SubscribeAsync("fleet/v1/C5/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await connection.DisconnectAsync();
        await SendAsync("C5", "y");
        using var terminal = new MqttClientFactory().CreateMqttClient();
        var heard = Hear(terminal);
        var again = await terminal.ConnectAsync(fleet.Client("C5", await fleet.Credentials.CreateAsync("C5")).WithCleanStart(false).WithSessionExpiryInterval(600).Build());
        Assert.True(again.IsSessionPresent);
        await BecomesAsync("C5", "y", CommandState.Delivered);
        Assert.Single(heard);
    }

    [Fact]
    public async Task What_a_kept_session_holds_and_another_node_has_brought_meanwhile_does_not_come_again()
    {
        var store = fleet.Services.GetRequiredService<CommandStore>();
        var password = await fleet.Credentials.CreateAsync("C10");
        MqttClientOptions Kept() => fleet.Client("C10", password).WithCleanStart(false).WithSessionExpiryInterval(600).WithReceiveMaximum(2).Build();
        using (var silent = new MqttClientFactory().CreateMqttClient())
        {
            var got = new ConcurrentQueue<ushort>();
            silent.ApplicationMessageReceivedAsync += e => { e.AutoAcknowledge = false; got.Enqueue(e.PacketIdentifier); return Task.CompletedTask; };
            await silent.ConnectAsync(Kept());
            await silent.SubscribeAsync("fleet/v1/C10/command", MqttQualityOfServiceLevel.AtLeastOnce);
            foreach (var id in (string[])["away", "stays", "queued", "back", "last"]) await SendAsync("C10", id);
            await Some.Until(() => got.Count == 2, "two commands under way");
        }
        await store.DeliveredAsync("C10", "away", isRefused: false, default); // as another node does
        await store.DeliveredAsync("C10", "queued", isRefused: true, default);
        Assert.True(await store.CancelAsync("C10", "back", default));

        using var terminal = new MqttClientFactory().CreateMqttClient();
        var heard = new ConcurrentQueue<(string Payload, bool IsAgain)>();
        terminal.ApplicationMessageReceivedAsync += e => { heard.Enqueue((e.ApplicationMessage.ConvertPayloadToString(), e.ApplicationMessage.Dup)); return Task.CompletedTask; };
        Assert.True((await terminal.ConnectAsync(Kept())).IsSessionPresent);
        await BecomesAsync("C10", "stays", CommandState.Delivered);
        await BecomesAsync("C10", "last", CommandState.Delivered);
        Assert.Equal([("""{"id":"stays"}""", true), ("""{"id":"last"}""", false)], heard);
    }

    [Fact]
    public async Task A_command_that_was_taken_back_or_has_expired_is_not_sent()
    {
        await SendAsync("C6", "back");
        Assert.True(await fleet.Commands.CancelAsync("C6", "back", default));
        Assert.False(await fleet.Commands.CancelAsync("C6", "back", default));
        await fleet.Commands.SendAsync("C6", "late", """{"id":"late"}""", TimeSpan.FromMilliseconds(1), default);
        await Task.Delay(2);
        await SendAsync("C6", "good");
        using var terminal = await fleet.ConnectAsync("C6");
        var heard = Hear(terminal);
        await terminal.SubscribeAsync("fleet/v1/C6/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await BecomesAsync("C6", "good", CommandState.Delivered);
        Assert.Equal("""{"id":"good"}""", Assert.Single(heard).ConvertPayloadToString());
    }

    [Fact]
    public async Task The_same_command_twice_is_one_a_different_one_is_refused_and_so_are_too_many()
    {
        Assert.NotNull(await SendAsync("C7", "1"));
        Assert.NotNull(await SendAsync("C7", "1"));
        Assert.Null(await fleet.Commands.SendAsync("C7", "1", """{"id":"1","other":1}""", s_hour, default));
        for (var i = 2; i <= 100; i++) Assert.NotNull(await SendAsync("C7", $"{i}"));
        Assert.Null(await SendAsync("C7", "101"));
        Assert.Equal(100, (await fleet.Commands.ListAsync("C7", 1000, null, default)).Count);
    }

    [Fact]
    public async Task Pages_of_commands_hold_each_once_the_newest_first()
    {
        for (var i = 1; i <= 7; i++) await SendAsync("C9", $"{i}"); // some in the same millisecond
        var (listed, after) = (new List<TerminalCommand>(), ((long, string)?)null);
        while (await fleet.Commands.ListAsync("C9", 3, after, default) is { Count: > 0 } page)
        {
            listed.AddRange(page);
            after = (page[^1].CreatedAt, page[^1].Id);
        }
        Assert.Equal(await fleet.Commands.ListAsync("C9", 1000, null, default), listed);
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], listed.Select(c => c.Id).Order());
        Assert.Equal(listed.Select(c => c.CreatedAt).OrderDescending(), listed.Select(c => c.CreatedAt));
    }

    [Fact]
    public async Task A_tool_that_listens_gets_its_copy_when_the_terminal_gets_the_command()
    {
        using var tool = new MqttClientFactory().CreateMqttClient();
        var copies = Hear(tool);
        var secret = await fleet.Services.GetRequiredService<TokenStore>().CreateAsync("listener", ["fleet/v1/+/command"], []);
        await tool.ConnectAsync(fleet.Client("token:listener", secret).Build());
        await tool.SubscribeAsync("fleet/v1/+/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await SendAsync("C8", "1");
        using var terminal = await fleet.ConnectAsync("C8");
        await terminal.SubscribeAsync("fleet/v1/C8/command", MqttQualityOfServiceLevel.AtLeastOnce);
        await BecomesAsync("C8", "1", CommandState.Delivered);
        await SendAsync("C8", "2");
        await BecomesAsync("C8", "2", CommandState.Delivered);
        await Some.Until(() => copies.Any(m => m.ConvertPayloadToString() == """{"id":"2"}"""), "the second copy");
        Assert.Equal(["""{"id":"1"}""", """{"id":"2"}"""], copies.Where(m => m.Topic == "fleet/v1/C8/command").Select(m => m.ConvertPayloadToString()));
    }

    [Fact]
    public async Task Of_several_results_the_last_counts_and_one_that_is_repeated_changes_nothing()
    {
        await SendAsync("C9", "1");
        var store = fleet.Services.GetRequiredService<CommandStore>();
        await store.AnsweredAsync([new("C9", "1", "first", 1000), new("C9", null, "of none", 1000), new("C9", "1", "last", 1001)], default);
        await store.AnsweredAsync([new("C9", "1", "last", 1002), new("C9", "other", "of none", 1002)], default);
        var command = (await fleet.Commands.FindAsync("C9", "1", default))!;
        Assert.Equal((CommandState.Answered, "last", 1001), (command.State, command.Result, command.ResultAt));
    }

    private Task<TerminalCommand?> SendAsync(string serial, string id) => fleet.Commands.SendAsync(serial, id, $$"""{"id":"{{id}}"}""", s_hour, default);

    private Task<TerminalCommand> BecomesAsync(string serial, string id, CommandState state) => fleet.Commands.BecomesAsync(serial, id, state);

    private static ConcurrentQueue<MqttApplicationMessage> Hear(IMqttClient client)
    {
        var heard = new ConcurrentQueue<MqttApplicationMessage>();
        client.ApplicationMessageReceivedAsync += e => { heard.Enqueue(e.ApplicationMessage); return Task.CompletedTask; };
        return heard;
    }
}
