using Fleet.House_Tests.Running;
using MQTTnet;
using MQTTnet.Protocol;

namespace Fleet.House_Tests;

/// <summary>The operator's rules on a running server, and what a replay says of them, as the operator would try it.</summary>
public sealed class RulesAndReplayTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"fleet-rules-{Guid.NewGuid():N}.json");

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_file + ".reports");
    }

    [Fact]
    public async Task A_rule_raises_its_alert_and_ends_when_the_file_takes_it_back_though_nothing_more_is_reported()
    {
        await File.WriteAllTextAsync(_file, """{"hot":{"reading":"power.celsius","raise":{"above":50},"fault":{"severity":"critical","title":{"en":"Hot"}}}}""", TestContext.Current.CancellationToken);
        await using var fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none", $"--Rules:Path={_file}");
        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", fleet.MqttPort).Build(), TestContext.Current.CancellationToken);
        Task ReportAsync(int seq) => client.PublishStringAsync("fleet/v1/HOT-1/report", $$$"""{"seq":{{{seq}}},"power":{"celsius":55}}""", MqttQualityOfServiceLevel.AtLeastOnce);

        await ReportAsync(1);
        await Eventually.EqualAsync("open", () => StateAsync(fleet));

        await File.WriteAllTextAsync(_file, """{"hot":{"reading":"power.heat"}}""", TestContext.Current.CancellationToken);
        await Eventually.ReachAsync(() => Task.FromResult(fleet.Output), output => output.Contains("field 'reading' must be one of", StringComparison.Ordinal));
        await ReportAsync(2);
        Assert.Equal("open", await StateAsync(fleet));

        await File.WriteAllTextAsync(_file, "{}", TestContext.Current.CancellationToken);
        await Eventually.ReachAsync(() => Task.FromResult(fleet.Output), output => output.Contains("0 rules stand", StringComparison.Ordinal));
        await Eventually.EqualAsync("cleared", () => StateAsync(fleet));
    }

    [Fact]
    public async Task A_replay_says_what_rules_and_thresholds_would_have_raised()
    {
        await using var fleet = await FleetProcess.StartAsync("--Influx:Api=none");
        await File.WriteAllTextAsync(_file, """{"hot":{"reading":"power.celsius","raise":{"above":50}}}""", TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(_file + ".reports", Enumerable.Range(0, 10).Select(minute =>
            $$$"""{"serial":"R-1","at":{{{1_790_000_000_000 + (minute * 60_000)}}},"seq":{{{minute}}},"power":{"celsius":{{{minute * 10}}}},"signal":{"link":"cellular","rat":"lte","rsrp":{{{(minute < 4 ? -112 : -80)}}}}}"""),
            TestContext.Current.CancellationToken);
        var said = await fleet.VerbAsync("replay", "--file", _file + ".reports", $"--Rules:Path={_file}", "--Faults:WeakSignal:HoldFor=00:05:00");
        Assert.Contains("R-1              rule:hot             RAISED   power.celsius=60 limit=above 50", said, StringComparison.Ordinal);
        Assert.Matches(@"rule:hot +1 +0\b", said);
        Assert.Matches(@"weak-signal +0 +1\b", said);
        Assert.EndsWith("10 reports of 1 terminals, 0 refused", said, StringComparison.Ordinal);
        Assert.DoesNotContain("offline", said, StringComparison.Ordinal); // the reports end, which is no silence

        // What is held when the last report comes is found when its time is over.
        await File.WriteAllTextAsync(_file, """{"hot":{"reading":"power.celsius","raise":{"above":85,"for":"00:01:30"}}}""", TestContext.Current.CancellationToken);
        Assert.Matches(@"09-21T14:23:50\.000Z  R-1 +rule:hot +RAISED", await fleet.VerbAsync("replay", "--file", _file + ".reports", $"--Rules:Path={_file}"));
        Assert.Matches(@"offline +1 +1\b", await fleet.VerbAsync("replay", "--file", _file + ".reports", "--until", "2026-09-22"));
    }

    private static async Task<string?> StateAsync(FleetProcess fleet) =>
        (await fleet.Api.GetAsync("/api/v1/alerts?terminal=HOT-1&fault=rule:hot")) is { } page && page.GetProperty("items").EnumerateArray().FirstOrDefault() is { ValueKind: not System.Text.Json.JsonValueKind.Undefined } alert
            ? alert.GetProperty("state").GetString() : null;
}
