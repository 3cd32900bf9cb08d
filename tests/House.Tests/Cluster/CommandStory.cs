using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Fleet.House_Tests.Running;
using MQTTnet;
using MQTTnet.Protocol;

namespace Fleet.House_Tests.Cluster;

/// <summary>Commands from the API and from an operator's tool on n1 reach a terminal on whichever node it is, at QoS 1, and once it has acknowledged them never again.</summary>
internal sealed class CommandStory(ThreeSilos cluster)
{
    private const string Posted = """{"id":"posted"}""", Published = """{"id":"published"}""";

    /// <summary>The terminal is on n2; n3 has its answers, and later the terminal.</summary>
    public async Task GoAcrossNodesAsync()
    {
        const string serial = "across";
        using (var terminal = await TerminalAsync(serial, node: 1))
        {
            await SendAsync(serial);
            await Eventually.EqualAsync(2, () => Task.FromResult(terminal.Heard.Count));
            Assert.All(terminal.Heard, command => Assert.Equal((MqttQualityOfServiceLevel.AtLeastOnce, $"fleet/v1/{serial}/result"), (command.QualityOfServiceLevel, command.ResponseTopic)));
            Assert.Equal([(Posted, "posted"), (Published, "published")], terminal.Heard.Select(command => (command.ConvertPayloadToString(), Encoding.UTF8.GetString(command.CorrelationData))));
            foreach (var id in (string[])["posted", "published"]) await Eventually.EqualAsync("delivered", () => StateAsync(serial, id));
            await terminal.AnswerAsync("""{"id":"posted","say":"\ud800"}""");
            await terminal.AnswerAsync("""{"done":true}""", correlation: "published");
        }
        // Half a surrogate pair is no JSON that could be passed on: it is shown as the text it is.
        foreach (var (id, result) in ((string, string)[])[("posted", """{"id":"posted","say":"\ud800"}"""), ("published", """{"done":true}""")])
        {
            await Eventually.EqualAsync("answered", () => StateAsync(serial, id));
            Assert.Equal(result, (await CommandAsync(serial, id)).GetProperty("result").ToString());
        }

        using var again = await TerminalAsync(serial, node: 2);
        await cluster.Nodes[1].Api.SendAsync(serial, """{"id":"last"}""");
        await Eventually.EqualAsync("delivered", () => StateAsync(serial, "last"));
        Assert.Equal("""{"id":"last"}""", Assert.Single(again.Heard).ConvertPayloadToString());
    }

    /// <summary>Commands for a terminal that is away.</summary>
    public Task LeaveAsync() => SendAsync("away");

    /// <summary>It comes, to n3.</summary>
    public async Task ArriveAsync()
    {
        using var terminal = await TerminalAsync("away", node: 2);
        foreach (var id in (string[])["posted", "published"]) await Eventually.EqualAsync("delivered", () => StateAsync("away", id));
        Assert.Equal([Posted, Published], terminal.Heard.Select(command => command.ConvertPayloadToString()));
    }

    private async Task SendAsync(string serial)
    {
        await cluster.Nodes[0].Api.SendAsync(serial, Posted);
        using var tool = new MqttClientFactory().CreateMqttClient();
        await tool.ConnectAsync(Options(0));
        Assert.True((await tool.PublishStringAsync($"fleet/v1/{serial}/command", Published, MqttQualityOfServiceLevel.AtLeastOnce)).IsSuccess);
    }

    private async Task<Terminal> TerminalAsync(string serial, int node)
    {
        var terminal = new Terminal(serial);
        await terminal.ConnectAsync(Options(node));
        return terminal;
    }

    private MqttClientOptions Options(int node) => new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", cluster.MqttPorts[node]).WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).Build();

    private async Task<string?> StateAsync(string serial, string id) => (await CommandAsync(serial, id)).GetProperty("state").GetString();

    /// <summary>As n3 shows it.</summary>
    private async Task<JsonElement> CommandAsync(string serial, string id) => (await cluster.Nodes[2].Api.GetAsync($"/api/v1/terminals/{serial}/commands/{id}"))!.Value;

    /// <summary>It acknowledges every command when it has heard it.</summary>
    private sealed class Terminal : IDisposable
    {
        private readonly string _serial;
        private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();

        public Terminal(string serial)
        {
            _serial = serial;
            _client.ApplicationMessageReceivedAsync += e => { Heard.Enqueue(e.ApplicationMessage); return Task.CompletedTask; };
        }

        public ConcurrentQueue<MqttApplicationMessage> Heard { get; } = new();

        public async Task ConnectAsync(MqttClientOptions options)
        {
            await _client.ConnectAsync(options);
            await _client.SubscribeAsync($"fleet/v1/{_serial}/command", MqttQualityOfServiceLevel.AtLeastOnce);
        }

        public async Task AnswerAsync(string result, string? correlation = null) => await _client.PublishAsync(new MqttApplicationMessageBuilder()
            .WithTopic($"fleet/v1/{_serial}/result").WithPayload(result).WithCorrelationData(correlation is null ? null : Encoding.UTF8.GetBytes(correlation))
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());

        public void Dispose() => _client.Dispose();
    }
}
