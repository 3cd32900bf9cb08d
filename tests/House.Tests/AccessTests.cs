using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fleet.House_Tests.Running;
using MQTTnet;
using MQTTnet.Formatter;

namespace Fleet.House_Tests;

/// <summary>Who may come in, as an operator changes it: by verbs of another process, and over the API.</summary>
public sealed class AccessTests
{
    private const string Serial = "A920-0001";
    private static readonly TimeSpan s_twoSeconds = TimeSpan.FromSeconds(2.5); // and what the look itself takes

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_terminals_passwords_blocks_and_tokens_from_their_making_to_their_end()
    {
        await using var fleet = await FleetProcess.StartAsync("--Influx:Api=none");

        var first = await fleet.VerbAsync("credentials", "add", Serial);
        using var old = await ConnectedAsync(fleet, Serial, first, "old");
        var second = await fleet.VerbAsync("credentials", "rotate", Serial, "--overlap", "1h");
        using var fresh = await ConnectedAsync(fleet, Serial, second, "fresh");
        var shown = await fleet.VerbAsync("credentials", "show", Serial);
        Assert.Equal(2, shown.Split('\n').Length);
        Assert.Contains(" until ", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(first, shown, StringComparison.Ordinal);
        Assert.True(old.IsConnected);

        await fleet.VerbAsync("terminals", "block", Serial, "--reason", "stolen");
        await GoneAsync(old);
        await GoneAsync(fresh);
        Assert.Equal(MqttClientConnectResultCode.Banned, await AnswerAsync(fleet, Serial, second));
        var alert = (await Eventually.ReachAsync(() => fleet.Api.AlertsAsync("blocked-terminal", Serial), a => a.Count > 0, s_twoSeconds)).Single();
        Assert.Equal("open", alert.State);
        Assert.Contains(Serial, await fleet.VerbAsync("terminals", "blocked"), StringComparison.Ordinal);
        await fleet.VerbAsync("terminals", "unblock", Serial);
        await Eventually.ReachAsync(async () => (await fleet.Api.AlertsAsync("blocked-terminal", Serial)).Single().State, s => s == "cleared", TimeSpan.FromSeconds(10));

        using var again = await ConnectedAsync(fleet, Serial, second, "fresh");
        await fleet.VerbAsync("credentials", "revoke", Serial);
        await GoneAsync(again);
        Assert.Equal(MqttClientConnectResultCode.BadUserNameOrPassword, await AnswerAsync(fleet, Serial, second));

        var secret = await fleet.VerbAsync("tokens", "create", "board", "--topics", "fleet/v1/+/report, fleet/v1/+/event", "--expires", "90d");
        using var tool = await ConnectedAsync(fleet, "token:board", secret, "board");
        Assert.Equal(MqttClientSubscribeResultCode.GrantedQoS0, (await tool.SubscribeAsync("fleet/v1/+/event", cancellationToken: Stop)).Items.Single().ResultCode);
        Assert.Contains("token:board", await fleet.VerbAsync("tokens", "list"), StringComparison.Ordinal);
        await fleet.VerbAsync("tokens", "revoke", "board");
        await GoneAsync(tool);
    }

    [Fact]
    public async Task The_API_makes_rotates_and_revokes_passwords_and_blocks()
    {
        await using var fleet = await FleetProcess.StartAsync("--Influx:Api=none");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{fleet.HttpPort}") };
        const string Path = $"/api/v1/terminals/{Serial}";

        var made = await PostAsync("/credentials", new { }, HttpStatusCode.Created);
        using var client = await ConnectedAsync(fleet, Serial, made.GetProperty("password").GetString()!, "one");
        var rotated = await PostAsync("/credentials", new { overlap = "01:00:00" }, HttpStatusCode.Created);
        Assert.Equal(2, rotated.GetProperty("credentials").GetArrayLength());
        var listed = await fleet.Api.GetAsync($"{Path}/credentials");
        Assert.All(listed!.Value.EnumerateArray(), c => Assert.False(c.TryGetProperty("password", out _)));

        var ending = listed.Value.EnumerateArray().Single(c => c.GetProperty("endsAt").ValueKind == JsonValueKind.String).GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"{Path}/credentials/{ending}", Stop)).StatusCode);
        await GoneAsync(client);

        var password = rotated.GetProperty("password").GetString()!;
        using var other = await ConnectedAsync(fleet, Serial, password, "two");
        var block = await PostAsync("/block", new { reason = "withdrawn" }, HttpStatusCode.OK);
        Assert.Equal("withdrawn", block.GetProperty("reason").GetString());
        await GoneAsync(other);
        Assert.Equal(MqttClientConnectResultCode.Banned, await AnswerAsync(fleet, Serial, password));
        await PostAsync("/unblock", new { }, HttpStatusCode.NoContent);
        Assert.Equal(MqttClientConnectResultCode.Success, await AnswerAsync(fleet, Serial, password));

        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"{Path}/credentials", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.DeleteAsync($"{Path}/credentials", Stop)).StatusCode);
        await PostAsync("/credentials", new { overlap = "soon" }, HttpStatusCode.BadRequest);

        async Task<JsonElement> PostAsync(string path, object body, HttpStatusCode expected)
        {
            using var answer = await http.PostAsJsonAsync(Path + path, body, Stop);
            Assert.Equal(expected, answer.StatusCode);
            return expected == HttpStatusCode.NoContent ? default : await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        }
    }

    private static MqttClientOptions Options(FleetProcess fleet, string user, string password, string clientId) => new MqttClientOptionsBuilder()
        .WithTcpServer("127.0.0.1", fleet.MqttPort).WithCredentials(user, password).WithClientId(clientId).WithProtocolVersion(MqttProtocolVersion.V500).Build();

    private static async Task<IMqttClient> ConnectedAsync(FleetProcess fleet, string user, string password, string clientId)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        Assert.Equal(MqttClientConnectResultCode.Success, (await client.ConnectAsync(Options(fleet, user, password, clientId), Stop)).ResultCode);
        return client;
    }

    private static async Task<MqttClientConnectResultCode> AnswerAsync(FleetProcess fleet, string user, string password)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        return (await client.ConnectAsync(Options(fleet, user, password, "asks"), Stop)).ResultCode;
    }

    private static async Task GoneAsync(IMqttClient client) =>
        Assert.False(await Eventually.ReachAsync(() => Task.FromResult(client.IsConnected), connected => !connected, s_twoSeconds), "the session is still open");
}
