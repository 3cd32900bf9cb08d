using System.Diagnostics;
using Fleet.House_Tests.Running;

namespace Fleet.House_Tests;

/// <summary>Clients that others wrote, in MQTT 3.1.1 and 5: each publishes at QoS 1, is acknowledged, and may hear its commands.</summary>
public sealed class StrangerClientTests(StrangerClientTests.Server server) : IClassFixture<StrangerClientTests.Server>
{
    private const int Count = 20;

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task Mosquitto_s_own_tools(string version)
    {
        Require("/usr/bin/mosquitto_pub", "Debian's mosquitto-clients");
        var serial = $"mosquitto-{version}";
        string[] connection = ["-h", "127.0.0.1", "-p", $"{server.Fleet.MqttPort}", "-V", version, "-q", "1"];
        // -E: ends well as soon as the subscription is acknowledged.
        await RunAsync("mosquitto_sub", [.. connection, "-t", $"fleet/v1/{serial}/command", "-E"]);
        for (var seq = 1; seq <= Count; seq++)
            await RunAsync("mosquitto_pub", [.. connection, "-t", $"fleet/v1/{serial}/report", "-m", $$$"""{"seq":{{{seq}}},"heartbeat":{"uptime":{{{seq * 60}}},"interval":60}}"""]);
        await HasAppliedAsync(serial);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("5")]
    public async Task Paho_in_Python(string version)
    {
        Require("/usr/lib/python3/dist-packages/paho", "Debian's python3-paho-mqtt");
        var serial = $"paho-{version}";
        await RunAsync("/usr/bin/python3", [Script("paho_client.py"), $"{server.Fleet.MqttPort}", version, serial, $"{Count}"]);
        await HasAppliedAsync(serial);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("5")]
    public async Task Mqtt_js_in_Node(string version)
    {
        var modules = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "fleet-tests", "npm", "node_modules");
        Require(Path.Combine(modules, "mqtt"), "MQTT.js, which ./test installs");
        var serial = $"mqttjs-{version}";
        await RunAsync("node", [Script("mqttjs_client.js"), $"{server.Fleet.MqttPort}", version, serial, $"{Count}"], ("NODE_PATH", modules));
        await HasAppliedAsync(serial);
    }

    private Task HasAppliedAsync(string serial) => Eventually.EqualAsync(Count, () => server.Fleet.Api.ReportsAsync(serial));

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "clients", name);

    private static void Require(string path, string what) => Assert.True(Path.Exists(path), $"There is no {path}: {what}.");

    private static async Task RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var client = Process.Start(start)!;
        var output = client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = client.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await client.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(client.ExitCode == 0, $"{program} ended with {client.ExitCode}: {await output}{await errors}");
    }

    /// <summary>One server for all of them.</summary>
    public sealed class Server : IAsyncLifetime
    {
        internal FleetProcess Fleet { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none");

        public ValueTask DisposeAsync() => Fleet.DisposeAsync();
    }
}
