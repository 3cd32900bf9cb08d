using System.Text;
using Fleet.House_Tests.Running;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Fleet.House_Tests;

/// <summary>Each kind of bad input is refused by its name and counted; the good terminal beside it is served on, and nothing of a card stays.</summary>
public sealed class BadInputTests
{
    private const string Good = "GOOD-1", Foreign = "STRANGER-1";

    /// <summary>A well-known test number that passes the Luhn check.</summary>
    private const string CardNumber = "4111111111111111", PrintedCardNumber = "4111 1111 1111 1111";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private FleetProcess _fleet = null!;
    private long _goodReports;

    private static (string Reason, string Topic, string Payload)[] Bad { get; } =
    [
        ("not-json", "fleet/v1/BAD-1/report", "{\"seq\":1,"),
        ("not-json", "fleet/v1/BAD-1/report", ""),
        ("not-json", "fleet/v1/BAD-1/report", "[1,2,3]"), // JSON, but no object
        ("wrong-type", "fleet/v1/BAD-2/report", """{"seq":1,"printer":{"paper":"half"}}"""),
        ("out-of-range", "fleet/v1/BAD-3/report", """{"seq":1,"printer":{"paper":17}}"""),
        ("too-large", "fleet/v1/BAD-4/report", $$"""{"seq":1,"note":"{{new string('x', 1024 * 1024)}}"}"""),
        ("too-deep", "fleet/v1/BAD-5/report", "{\"a\":" + new string('[', 1000) + new string(']', 1000) + "}"),
        ("too-deep", "fleet/v1/BAD-5/report", string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000)),
        ("card-number", "fleet/v1/BAD-6/report", $$$"""{"seq":1,"reader":{"swipe":{"ok":1}},"last":"{{{CardNumber}}}"}"""),
        ("card-number", "fleet/v1/BAD-6/report", $$"""{"seq":2,"last":"{{PrintedCardNumber}}"}"""),
        ("clock-off", "fleet/v1/BAD-7/report", """{"at":"2002-01-01T00:00:00Z","seq":1,"heartbeat":{"uptime":1}}"""),
        ("clock-off", "fleet/v1/BAD-7/report", """{"at":4102444800000,"seq":2,"heartbeat":{"uptime":1}}"""),
        ("unknown-topic", "fleet/v1/BAD-8/weather", """{"seq":1}"""),
        ("bad-serial", "fleet/v1/BAD 9/report", """{"seq":1}"""),
    ];

    [Fact]
    public async Task Bad_input_is_refused_by_name_and_disturbs_nobody()
    {
        await using var fleet = _fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none");
        using var good = await ConnectAsync("good");
        foreach (var (reason, topic, payload) in Bad)
        {
            await IsCountedAsync(reason, () => PublishAsync(topic, payload), payload);
            await IsServedAsync(good);
        }
        await IsCountedAsync("foreign-serial", PublishAsForeignerAsync, "a good report on another's topic");
        await IsServedAsync(good);
        await fleet.KillAsync();
        HasNoTraceOf(CardNumber);
        HasNoTraceOf(PrintedCardNumber);
    }

    private void HasNoTraceOf(string secret)
    {
        Assert.DoesNotContain(secret, _fleet.Output, StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(_fleet.DataFolder, "*", SearchOption.AllDirectories), file =>
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)) < 0, $"{file} holds the card number."));
    }

    private async Task IsCountedAsync(string reason, Func<Task> misbehave, string what)
    {
        Task<double> CountAsync() => _fleet.Api.CounterAsync("fleet_ingest_refused_total", $"reason=\"{reason}\"");
        var before = await CountAsync();
        await misbehave();
        var after = await Eventually.ReachAsync(CountAsync, count => count > before, s_patience);
        Assert.True(after == before + 1, $"{reason} was counted {after - before} times, not once, for {what[..Math.Min(80, what.Length)]}");
    }

    private async Task IsServedAsync(IMqttClient good)
    {
        var payload = $$$"""{"seq":{{{++_goodReports}}},"heartbeat":{"uptime":{{{_goodReports}}},"interval":60}}""";
        var answer = await good.PublishStringAsync($"fleet/v1/{Good}/report", payload, MqttQualityOfServiceLevel.AtLeastOnce,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccess, $"The good terminal was answered {answer.ReasonCode}.");
        await Eventually.EqualAsync(_goodReports, () => _fleet.Api.ReportsAsync(Good));
    }

    /// <summary>On a connection of its own: the server may close it.</summary>
    private async Task PublishAsync(string topic, string payload)
    {
        using var client = await ConnectAsync("bad");
        await TryPublishAsync(client, topic, payload);
    }

    private async Task PublishAsForeignerAsync()
    {
        var password = await _fleet.VerbAsync("credentials", "add", Foreign);
        using var client = await ConnectAsync("foreigner", Foreign, password);
        await TryPublishAsync(client, $"fleet/v1/{Good}/report", """{"seq":1000,"heartbeat":{"uptime":1}}""");
    }

    private async Task<IMqttClient> ConnectAsync(string clientId, string? user = null, string? password = null)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", _fleet.MqttPort).WithClientId(clientId)
            .WithProtocolVersion(MqttProtocolVersion.V500).WithTimeout(s_patience);
        if (user is not null) options = options.WithCredentials(user, password);
        await client.ConnectAsync(options.Build(), TestContext.Current.CancellationToken);
        return client;
    }

    private static async Task TryPublishAsync(IMqttClient client, string topic, string payload)
    {
        try
        {
            await client.PublishStringAsync(topic, payload, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: TestContext.Current.CancellationToken);
        }
        catch (Exception closed) when (closed is MqttCommunicationException or MqttClientDisconnectedException or OperationCanceledException or InvalidOperationException)
        {
            // Refused by closing the connection; what counts is the counter.
        }
    }
}
