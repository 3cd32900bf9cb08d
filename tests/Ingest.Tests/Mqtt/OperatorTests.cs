using MQTTnet;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>A door where anonymous clients are let in, and what a stop of the whole does.</summary>
public sealed class OperatorTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-operator-");
    private FleetHost _fleet = null!;

    public async ValueTask InitializeAsync()
    {
        _fleet = new(_folder.FullName, "--Mqtt:AllowAnonymous=true");
        await _fleet.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_operator_sees_live_telemetry_and_speaks_to_terminals_and_the_lane_steps_aside_only_meanwhile()
    {
        var tool = new MqttClientFactory().CreateMqttClient();
        await tool.ConnectAsync(_fleet.Client(null, null).Build());
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        tool.ApplicationMessageReceivedAsync += e => { seen.TrySetResult(e.ApplicationMessage.Topic); return Task.CompletedTask; };
        await tool.SubscribeAsync("fleet/v1/+/report");
        using var terminal = await _fleet.ConnectAsync("L1");
        await terminal.PublishStringAsync("fleet/v1/L1/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal("fleet/v1/L1/report", await seen.Task.WaitAsync(Some.Patience));
        Assert.Equal(["Online L1 ", "Report L1 {}"], await _fleet.EntriesAsync("L1"));

        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        terminal.ApplicationMessageReceivedAsync += e => { told.TrySetResult(e.ApplicationMessage.ConvertPayloadToString()); return Task.CompletedTask; };
        await terminal.SubscribeAsync("fleet/v1/L1/command");
        await tool.PublishStringAsync("fleet/v1/L1/command", """{"id":"hello"}""", MqttQualityOfServiceLevel.AtLeastOnce);
        Assert.Equal("""{"id":"hello"}""", await told.Task.WaitAsync(Some.Patience));
        await tool.DisconnectAsync();
        tool.Dispose();
    }

    [Fact]
    public async Task Our_own_stop_is_nobodys_outage_and_waits_for_no_terminal()
    {
        using var terminal = await _fleet.ConnectAsync("E1", o => o.WithWillTopic("fleet/v1/E1/status").WithWillPayload("offline"));
        var gone = new TaskCompletionSource<MqttClientDisconnectReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        terminal.DisconnectedAsync += e => { gone.TrySetResult(e.Reason); return Task.CompletedTask; };
        _fleet.History.Accepts = new TaskCompletionSource().Task; // so that the rows stay to be looked at
        await terminal.PublishStringAsync("fleet/v1/E1/report", """{"seq":1}""", MqttQualityOfServiceLevel.AtLeastOnce);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await _fleet.StopAsync();
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(MqttClientDisconnectReason.ServerShuttingDown, await gone.Task.WaitAsync(Some.Patience));
        await _fleet.DisposeAsync();

        _fleet = new(_folder.FullName);
        _fleet.History.Away = true;
        await _fleet.InitializeAsync();
        var entries = await _fleet.EntriesAsync("E1");
        Assert.Equal($$"""Report E1 {"seq":1}""", entries[^1]);
        Assert.DoesNotContain("Offline E1 ", entries);
        Assert.Equal(1, (await _fleet.Grains.GetGrain<Fleet.Grains.Terminals.ITerminalGrain>("E1").View())!.Reports);
    }
}
