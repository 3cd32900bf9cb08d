using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Grains.Presence;
using Fleet.Ingest;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Commands;
using Fleet.Store;
using Fleet.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Bridge;

/// <summary>The bridge to a real Mosquitto: what is published there is in the journal here.</summary>
public sealed class BridgeTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-bridge-").FullName;
    private MosquittoServer _broker = new();
    private FleetHost? _fleet;

    private FleetHost Fleet => _fleet!;
    private long? Since(string serial) => Fleet.Services.GetRequiredService<IListening>().SinceMs(serial, heardAtMs: 1);
    private BridgeState State => Fleet.Services.GetRequiredService<Bridges>().States.Single();

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        await _broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("5.0", null)]
    [InlineData("5.0", "fleet")]
    [InlineData("3.1.1", null)]
    [InlineData("3.1.1", "fleet")]
    public async Task Telemetry_and_presence_come_in_and_what_the_broker_had_retained_before_does_not(string version, string? group)
    {
        await _broker.StartAsync();
        using var terminal = await TerminalAsync();
        await Publish(terminal, "fleet/v1/B1/report", """{"seq":1}""", retain: true);
        using var counted = new Counted(_broker.Port);
        await StartAsync(version, group is null ? [] : [$"ShareGroup={group}"]);
        await Publish(terminal, "fleet/v1/B1/status", "online", retain: true);
        await Publish(terminal, "fleet/v1/B1/command", """{"id":1}""");
        await Publish(terminal, "fleet/v1/B1/result", """{"id":1}""");
        await Publish(terminal, "fleet/v1/B1/printer", """{"seq":2}""");
        await Publish(terminal, "fleet/v1/B1/status", "offline");
        Assert.Equal(["Online B1 ", "Result B1 ", """Printer B1 {"seq":2}""", "Offline B1 "], await Fleet.EntriesAsync("B1", 4));
        await Some.Until(() => Fleet.History.Of("B1").Count == 1, "the point");
        // At 3.1.1 nobody can ask for what is retained to be left out; Mosquitto sends it to a shared subscription, too.
        Assert.Equal(version == "3.1.1" ? ["passed 1", "retained 1", "taken 4"] : ["passed 1", "taken 4"], counted.Seen);
    }

    [Fact]
    public async Task Bad_messages_are_counted_by_their_reason_and_do_not_stop_those_behind_them()
    {
        await _broker.StartAsync();
        await StartAsync("5.0", ["Topics=fleet/v1/# other/#", "ReceiveMaximum=2"]); // a refused one that kept its place would stop the third
        using var counted = new Counted(_broker.Port);
        using var terminal = await TerminalAsync();
        await Publish(terminal, "fleet/v1/R1/weather", "{}");
        await Publish(terminal, "other/R1", "{}");
        await Publish(terminal, "fleet/v1/R 1/report", "{}");
        await Publish(terminal, "fleet/v1/R1/report", """{"note":"4111 1111 1111 1111"}""");
        await Publish(terminal, "fleet/v1/R1/status", "maybe");
        await Publish(terminal, "fleet/v1/R1/report", """{"seq":1}""");
        Assert.Equal(["Refused R1 ", "Refused R1 ", """Report R1 {"seq":1}"""], await Fleet.EntriesAsync("R1", 3));
        Assert.Equal(["bad-serial 1", "card-number 1", "taken 1", "unknown-topic 2", "wrong-type 1"], counted.Seen);
    }

    [Theory]
    [InlineData("5.0", null)]
    [InlineData("3.1.1", "fleet")]
    public async Task What_is_sent_while_the_node_is_away_waits_at_the_broker(string version, string? group)
    {
        await _broker.StartAsync();
        string[] settings = group is null ? [] : [$"ShareGroup={group}"];
        await StartAsync(version, settings);
        using var terminal = await TerminalAsync();
        await Publish(terminal, "fleet/v1/W1/report", """{"seq":1}""");
        await Fleet.EntriesAsync("W1", 1);
        await Fleet.StopAsync();
        await Fleet.DisposeAsync();
        for (var seq = 2; seq <= 300; seq++) await Publish(terminal, "fleet/v1/W1/report", Encoding.ASCII.GetString(Some.Report(seq)));
        await StartAsync(version, settings);
        var reports = (await Fleet.EntriesAsync("W1", 299)).Where(e => !e.EndsWith("""{"seq":1}""", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(2, 299).Select(seq => $$"""Report W1 {"seq":{{seq}}}"""), reports); // in order, and each once: the first was acknowledged
    }

    [Theory]
    [InlineData("5.0", false)]
    [InlineData("5.0", true)]
    [InlineData("3.1.1", true)]
    public async Task A_broker_that_is_away_at_first_and_is_restarted_later_is_bridged_again(string version, bool forgets)
    {
        await StartAsync(version, [], isThere: false);
        await Some.Until(() => State is { Ok: false, Detail: not "connecting" }, "a failed connect");
        await _broker.StartAsync();
        await Some.Until(() => State.Ok, "the bridge");
        using (var terminal = await TerminalAsync()) await Publish(terminal, "fleet/v1/A1/report", """{"seq":1}""");
        await Fleet.EntriesAsync("A1", 1);
        var heardAtMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.True(Since("A1") > 0);

        await _broker.StopAsync();
        await Some.Until(() => !State.Ok, "the end of the bridge");
        Assert.Null(Since("A1")); // its silence is not its own
        if (forgets) _broker.Forget();
        await _broker.StartAsync();
        await Some.Until(() => State.Ok, "the bridge again");
        Assert.True(Since("A1") > heardAtMs); // and it has its time anew
        using (var terminal = await TerminalAsync()) await Publish(terminal, "fleet/v1/A1/report", """{"seq":2}""");
        Assert.Equal(["""Report A1 {"seq":1}""", """Report A1 {"seq":2}"""], await Fleet.EntriesAsync("A1", 2));
    }

    [Fact]
    public async Task With_TLS_the_broker_is_known_by_its_CA_and_we_by_our_certificate_and_password()
    {
        await _broker.DisposeAsync();
        _broker = new(secure: true);
        await _broker.StartAsync();
        string[] settings = ["Host=localhost", "Tls=true", "UserName=fleet", $"CaCertificate={_broker.CaFile}",
            $"ClientCertificate={_broker.ClientCertificate}", $"ClientKey={_broker.ClientKey}", $"Password={_broker.Password}"];
        await StartAsync("5.0", settings);
        using (var certificate = X509Certificate2.CreateFromPemFile(_broker.ClientCertificate, _broker.ClientKey))
        using (var terminal = await TerminalAsync(o => o.WithCredentials("fleet", _broker.Password).WithTcpServer("localhost", _broker.Port)
            .WithTlsOptions(tls => tls.WithCertificateValidationHandler(_ => true).WithClientCertificates([certificate])))) await Publish(terminal, "fleet/v1/S1/report", """{"seq":1}""");
        await Fleet.EntriesAsync("S1", 1);

        await FailsAsync([.. settings.SkipLast(1), "Password=wrong"], "NotAuthorized");
        await FailsAsync([.. settings.Where(s => !s.StartsWith("Client", StringComparison.Ordinal))], "");
        await FailsAsync([.. settings.Where(s => !s.StartsWith("Ca", StringComparison.Ordinal))], "certificate"); // not one of the machine's own CAs

        async Task FailsAsync(string[] with, string why)
        {
            await Fleet.DisposeAsync();
            await StartAsync("5.0", with, isThere: false);
            await Some.Until(() => State.Detail != "connecting", "a failed connect");
            Assert.False(State.Ok);
            Assert.Contains(why, State.Detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("5.0", MqttProtocolVersion.V500)]
    [InlineData("3.1.1", MqttProtocolVersion.V311)]
    public async Task Nothing_is_acknowledged_before_its_commit_and_no_more_is_taken_than_may_be_on_its_way(string version, MqttProtocolVersion spoken)
    {
        await using var broker = new StubBroker(spoken);
        var port = broker.Start();
        await StartAsync(version, [$"Port={port}", "ReceiveMaximum=8"]);
        using var counted = new Counted(port);
        await Execute("alter table journal rename to held");
        await broker.SendAsync("J1", 100);
        await Some.Until(() => counted.Taken == 8, "as many as may be on their way");
        await Some.Until(() => Fleet.Node.Journal.Trouble is not null, "a commit that failed");
        Assert.Equal((8, 0), (counted.Taken, broker.Acknowledged.Count));
        await Execute("alter table held rename to journal");
        await Some.Until(() => broker.Acknowledged.Count == 100, "all acknowledgements");
        Assert.Equal(Enumerable.Range(1, 100), broker.Acknowledged);
        Assert.Equal(100, (await Fleet.EntriesAsync("J1")).Count);

        async Task Execute(string sql)
        {
            await using var connection = await Fleet.Services.GetRequiredKeyedService<Database>(IngestRoom.JournalDatabase).OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
    }

    [Theory]
    [InlineData("5.0")]
    [InlineData("3.1.1")]
    public async Task A_command_goes_down_to_a_terminal_at_the_broker(string version)
    {
        await _broker.StartAsync();
        await StartAsync(version, []);
        using var terminal = await TerminalAsync();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        terminal.ApplicationMessageReceivedAsync += e => { heard.TrySetResult(e.ApplicationMessage.ConvertPayloadToString()); return Task.CompletedTask; };
        await terminal.SubscribeAsync("fleet/v1/C1/command", MqttQualityOfServiceLevel.AtLeastOnce);
        var bridges = Fleet.Services.GetRequiredService<Bridges>();
        Assert.True(await bridges.PublishAsync("C1", "reboot"u8.ToArray(), default));
        Assert.Equal("reboot", await heard.Task.WaitAsync(Some.Patience));

        await _broker.StopAsync();
        await Some.Until(() => !State.Ok, "the end of the bridge");
        Assert.False(await bridges.PublishAsync("C1", "reboot"u8.ToArray(), default));
    }

    [Theory]
    [InlineData(MqttPubAckReasonCode.NoMatchingSubscribers, "report")]
    [InlineData(MqttPubAckReasonCode.Success, "status")]
    public async Task A_command_that_a_bridged_terminal_may_have_missed_goes_again_when_it_is_heard(MqttPubAckReasonCode reason, string topic)
    {
        await using var broker = new StubBroker(MqttProtocolVersion.V500) { Reason = reason };
        await StartAsync("5.0", [$"Port={broker.Start()}"]);
        await CommandAsync("H1");
        await Some.Until(() => broker.Published.Count == 1, "the command");
        await broker.SendAsync($"fleet/v1/H1/{topic}", topic == "status" ? "online" : "{}");
        await Some.Until(() => broker.Published.Count == 2, "the command again");
        Assert.All(broker.Published, published => Assert.Equal("fleet/v1/H1/command", published));
    }

    [Fact]
    public async Task A_terminal_that_is_heard_before_the_broker_says_that_nobody_had_its_command_gets_it_then()
    {
        await using var broker = new StubBroker(MqttProtocolVersion.V500) { Reason = null };
        await StartAsync("5.0", [$"Port={broker.Start()}"]);
        await CommandAsync("H2");
        await Some.Until(() => broker.Published.Count == 1, "the command");
        await broker.SendAsync("H2", 1);
        await Some.Until(() => broker.Acknowledged.Count == 1, "the report's acknowledgement");
        await broker.AnswerAsync(MqttPubAckReasonCode.NoMatchingSubscribers);
        await Some.Until(() => broker.Published.Count == 2, "the command again");
    }

    [Fact]
    public async Task A_broker_that_does_not_acknowledge_holds_up_no_other_command()
    {
        await using var broker = new StubBroker(MqttProtocolVersion.V500) { Reason = null };
        await StartAsync("5.0", [$"Port={broker.Start()}"]);
        await CommandAsync("M1");
        await Some.Until(() => broker.Published.Count == 1, "the command at the broker");
        using var here = await Fleet.ConnectAsync("M2");
        await here.SubscribeAsync("fleet/v1/M2/command", MqttQualityOfServiceLevel.AtLeastOnce);
        var since = Environment.TickCount64;
        await CommandAsync("M2");
        while ((await Fleet.Commands.FindAsync("M2", "1", default))!.State == CommandState.Waiting)
        {
            Assert.True(Environment.TickCount64 - since < 8000, "it waits for the broker, which is given 10 s");
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task One_node_takes_a_command_to_the_brokers_and_again_only_when_the_terminal_was_heard()
    {
        _fleet = new FleetHost(_folder);
        await _fleet.InitializeAsync();
        await CommandAsync("O1");
        var store = _fleet.Services.GetRequiredService<CommandStore>();
        Assert.True(await store.TryBridgeAsync("O1", "1", default));
        Assert.False(await store.TryBridgeAsync("O1", "1", default));
        await store.BridgeAgainAsync("O1", 1000, default); // it went later than that
        Assert.False(await store.TryBridgeAsync("O1", "1", default));
        await store.NotBridgedAsync("O1", "1", default);
        await store.BridgeAgainAsync("O1", 1000, default);
        Assert.True(await store.TryBridgeAsync("O1", "1", default));
    }

    private Task<TerminalCommand?> CommandAsync(string serial) => Fleet.Commands.SendAsync(serial, "1", """{"id":"1"}""", TimeSpan.FromHours(1), default);

    private async Task StartAsync(string version, string[] settings, bool isThere = true)
    {
        _fleet = new(_folder, [$"--Bridge:RetryFirst=00:00:00.1", "--Bridge:RetryLongest=00:00:01",
            .. new[] { "Host=127.0.0.1", $"Port={_broker.Port}", $"Version={version}" }.Concat(settings).Select(s => $"--Bridge:Brokers:0:{s}")]);
        await _fleet.InitializeAsync();
        if (isThere) await Some.Until(() => State.Ok, "the bridge");
    }

    private async Task<IMqttClient> TerminalAsync(Action<MqttClientOptionsBuilder>? with = null)
    {
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _broker.Port).WithProtocolVersion(MqttProtocolVersion.V500);
        with?.Invoke(options);
        var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(options.Build());
        return client;
    }

    private static async Task Publish(IMqttClient terminal, string topic, string payload, bool retain = false) =>
        Assert.True((await terminal.PublishStringAsync(topic, payload, MqttQualityOfServiceLevel.AtLeastOnce, retain)).IsSuccess);
}
