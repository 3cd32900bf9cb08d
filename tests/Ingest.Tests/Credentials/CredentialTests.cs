using Fleet.Grains;
using Fleet.Ingest.Credentials;
using Fleet.Ingest_Tests.Mqtt;
using Fleet.Store;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using static MQTTnet.MqttClientConnectResultCode;

namespace Fleet.Ingest_Tests.Credentials;

/// <summary>Passwords, blocks and tokens on live sessions. Another process is played by stores of its own on the same file.</summary>
public sealed class CredentialTests(FleetHost fleet) : IClassFixture<FleetHost>
{
    private static readonly TimeSpan TwoSeconds = TimeSpan.FromSeconds(2);

    private Database Store => fleet.Services.GetRequiredService<Database>();
    private CredentialStore Elsewhere => new(Store, TimeProvider.System);
    private Blocks Blocks => new(Store, TimeProvider.System);
    private TokenStore Tokens => new(Store, TimeProvider.System);

    [Fact]
    public async Task Old_and_new_password_are_good_until_the_old_one_ends_and_then_its_session_is_closed()
    {
        var old = await fleet.Credentials.CreateAsync("R1");
        using var before = await ConnectedAsync(fleet.Client("R1", old).WithClientId("R1-old"));
        var fresh = await Elsewhere.RotateAsync("R1", TimeSpan.FromSeconds(3));
        using var after = await ConnectedAsync(fleet.Client("R1", fresh).WithClientId("R1-new"));
        Assert.Equal(Success, await DoorTests.RefusedAsync(fleet.Client("R1", old).WithClientId("R1-late")));
        Assert.Equal(2, (await Elsewhere.ListAsync("R1")).Count);

        await GoneAsync(before, TimeSpan.FromSeconds(5));
        Assert.Equal(BadUserNameOrPassword, await DoorTests.RefusedAsync(fleet.Client("R1", old).WithClientId("R1-late")));
        Assert.True(after.IsConnected);
    }

    [Fact]
    public async Task What_another_process_revokes_is_closed_here_within_two_seconds()
    {
        using var client = await fleet.ConnectAsync("R2");
        using var neighbour = await fleet.ConnectAsync("R3");
        Assert.True(await Elsewhere.RevokeAsync("R2"));
        await GoneAsync(client, TwoSeconds);
        Assert.True(neighbour.IsConnected);
        Assert.False(await Elsewhere.RevokeAsync("R2"));
    }

    [Fact]
    public async Task One_of_two_passwords_is_revoked_and_the_others_session_goes_on()
    {
        using var first = await ConnectedAsync(fleet.Client("R4", await fleet.Credentials.CreateAsync("R4")).WithClientId("R4-1"));
        var lost = (await Elsewhere.ListAsync("R4")).Single().Id;
        using var second = await ConnectedAsync(fleet.Client("R4", await Elsewhere.RotateAsync("R4", TimeSpan.FromHours(1))).WithClientId("R4-2"));
        Assert.True(await Elsewhere.RevokeAsync("R4", lost));
        await GoneAsync(first, TwoSeconds);
        Assert.True(second.IsConnected);
    }

    [Fact]
    public async Task A_password_that_is_imported_again_closes_nobody_and_another_does()
    {
        await Elsewhere.SetAsync([("R5", "first-password")]);
        using var client = await ConnectedAsync(fleet.Client("R5", "first-password"));
        await Elsewhere.SetAsync([("R5", "first-password")]);
        Assert.Single(await Elsewhere.ListAsync("R5"));
        using var other = await fleet.ConnectAsync("R6");
        await Elsewhere.RevokeAsync("R6");
        await GoneAsync(other, TwoSeconds); // by then a change of R5 would have been seen too
        Assert.True(client.IsConnected);
        await Elsewhere.SetAsync([("R5", "second-password")]);
        await GoneAsync(client, TwoSeconds);
    }

    [Fact]
    public async Task A_terminal_keeps_eight_passwords_at_most()
    {
        for (var i = 0; i < 12; i++) await Elsewhere.RotateAsync("R7", TimeSpan.FromHours(1));
        Assert.Equal(8, (await Elsewhere.ListAsync("R7")).Count);
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311, NotAuthorized)]
    [InlineData(MqttProtocolVersion.V500, Banned)]
    public async Task A_blocked_terminal_is_closed_and_refused_and_its_attempts_are_one_finding_until_it_is_unblocked(MqttProtocolVersion version, MqttClientConnectResultCode refusal)
    {
        var serial = $"B-{version}";
        var password = await fleet.Credentials.CreateAsync(serial);
        using var client = await ConnectedAsync(fleet.Client(serial, password, version));
        Assert.True(await Blocks.BlockAsync(serial, "stolen in May"));
        await GoneAsync(client, TwoSeconds);
        Assert.Empty(fleet.Findings.Of(serial));
        for (var i = 0; i < 3; i++) Assert.Equal(refusal, await DoorTests.RefusedAsync(fleet.Client(serial, password, version)));
        Assert.Equal(BadUserNameOrPassword, await DoorTests.RefusedAsync(fleet.Client(serial, "guessed", version)));

        var finding = Assert.Single(fleet.Findings.Posted, f => f.Subject == serial);
        Assert.Equal(("blocked-terminal", FindingKind.Raised), (finding.Fault, finding.Kind));
        Assert.Contains(finding.Evidence, e => e is { Name: "address", Text: "127.0.0.1" });
        Assert.Contains(finding.Evidence, e => e is { Name: "reason", Text: "stolen in May" });

        Assert.True(await Blocks.UnblockAsync(serial));
        await Some.Until(() => fleet.Findings.Of(serial).Count == 2, "the finding's clearing");
        Assert.Equal(["blocked-terminal Raised", "blocked-terminal Cleared"], fleet.Findings.Of(serial));
        using var again = await ConnectedAsync(fleet.Client(serial, password, version));
    }

    [Fact]
    public async Task A_blocked_terminal_whose_passwords_are_revoked_is_found_all_the_same()
    {
        var password = await fleet.Credentials.CreateAsync("B1");
        await Blocks.BlockAsync("B1", null);
        await Elsewhere.RevokeAsync("B1");
        Assert.Equal(Banned, await DoorTests.RefusedAsync(fleet.Client("B1", password)));
        Assert.Contains(fleet.Findings.Posted.Single(f => f.Subject == "B1").Evidence, e => e is { Name: "proved", Text: "no" });
    }

    [Fact]
    public async Task A_token_reads_what_its_filters_cover_and_publishes_where_it_may()
    {
        var secret = await Tokens.CreateAsync("board", ["fleet/v1/+/report", "fleet/v1/T-1/#"], ["fleet/v1/+/command"]);
        using var tool = await ConnectedAsync(fleet.Client("token:board", secret).WithClientId("the-board"));
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS1, await SubscribeAsync("fleet/v1/+/report"));
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS1, await SubscribeAsync("fleet/v1/T-1/status"));
        foreach (var foreign in new[] { "#", "fleet/v1/+/event", "fleet/v1/#", "fleet/v1/T-2/#", "$SYS/#" })
            Assert.Equal(MqttClientSubscribeResultCode.NotAuthorized, await SubscribeAsync(foreign));

        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        tool.ApplicationMessageReceivedAsync += e => { seen.TrySetResult(e.ApplicationMessage.Topic); return Task.CompletedTask; };
        using var terminal = await fleet.ConnectAsync("T-1");
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        terminal.ApplicationMessageReceivedAsync += e => { told.TrySetResult(e.ApplicationMessage.ConvertPayloadToString()); return Task.CompletedTask; };
        await terminal.SubscribeAsync("fleet/v1/T-1/command");
        await terminal.PublishStringAsync("fleet/v1/T-1/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal("fleet/v1/T-1/report", await seen.Task.WaitAsync(Some.Patience));

        Assert.True((await PublishAsync("fleet/v1/T-1/command")).IsSuccess);
        Assert.StartsWith("{\"id\":", await told.Task.WaitAsync(Some.Patience), StringComparison.Ordinal);
        Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, (await PublishAsync("fleet/v1/T-1/report")).ReasonCode);
        Assert.False((await PublishAsync("elsewhere")).IsSuccess);

        await Tokens.RevokeAsync("board");
        await GoneAsync(tool, TwoSeconds);

        Task<MqttClientPublishResult> PublishAsync(string topic) => tool.PublishStringAsync(topic, "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        async Task<MqttClientSubscribeResultCode> SubscribeAsync(string filter) => (await tool.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtLeastOnce)).Items.Single().ResultCode;
    }

    [Fact]
    public async Task A_token_that_expires_is_closed_and_refused()
    {
        var secret = await Tokens.CreateAsync("brief", ["fleet/v1/#"], [], TimeSpan.FromSeconds(2));
        using var tool = await ConnectedAsync(fleet.Client("token:brief", secret).WithClientId("brief"));
        await GoneAsync(tool, TimeSpan.FromSeconds(4));
        Assert.Equal(BadUserNameOrPassword, await DoorTests.RefusedAsync(fleet.Client("token:brief", secret)));
    }

    [Fact]
    public async Task A_token_takes_no_other_tokens_session()
    {
        using var first = await ConnectedAsync(fleet.Client("token:one", await Tokens.CreateAsync("one", ["#"], [])).WithClientId("shared-name"));
        using var second = await ConnectedAsync(fleet.Client("token:two", await Tokens.CreateAsync("two", ["#"], [])).WithClientId("shared-name"));
        await second.PingAsync();
        await first.PingAsync(); // it would have been closed for the other
        Assert.True(first.IsConnected && second.IsConnected);
    }

    [Fact]
    public async Task Tokens_with_wrong_names_or_filters_are_not_made()
    {
        await Assert.ThrowsAsync<FormatException>(() => Tokens.CreateAsync("a:b", ["#"], []));
        await Assert.ThrowsAsync<FormatException>(() => Tokens.CreateAsync("c", ["a/#/b"], []));
        await Assert.ThrowsAsync<FormatException>(() => Tokens.CreateAsync("c", [], []));
        await Tokens.CreateAsync("c", ["#"], []);
        await Assert.ThrowsAsync<FormatException>(() => Tokens.CreateAsync("c", ["#"], []));
    }

    private static async Task<IMqttClient> ConnectedAsync(MqttClientOptionsBuilder options)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        var answer = await client.ConnectAsync(options.Build());
        Assert.Equal(Success, answer.ResultCode);
        return client;
    }

    private static async Task GoneAsync(IMqttClient client, TimeSpan within)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Some.Until(() => !client.IsConnected, "the session's end");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, within + TimeSpan.FromMilliseconds(500));
    }
}
