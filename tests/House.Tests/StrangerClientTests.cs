using System.Diagnostics;
using Fleet.House_Tests.Running;

namespace Fleet.House_Tests;

/// <summary>Clients that others wrote, in MQTT 3.1.1 and 5, over TCP, TLS and WebSocket: each publishes at QoS 1, is acknowledged, and may hear its commands; over TCP they talk at every QoS.</summary>
public sealed class StrangerClientTests(StrangerClientTests.Server server) : IClassFixture<StrangerClientTests.Server>
{
    private const int Count = 20;

    private static readonly string s_modules = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "fleet-tests", "npm", "node_modules");

    [Theory]
    [InlineData("mqttv311", "tcp")]
    [InlineData("mqttv5", "tcp")]
    [InlineData("mqttv311", "tls")]
    [InlineData("mqttv5", "tls")]
    public async Task Mosquitto_s_own_tools(string version, string way)
    {
        Require("/usr/bin/mosquitto_pub", "Debian's mosquitto-clients");
        var serial = $"mosquitto-{version}-{way}";
        string[] connection = ["-h", "localhost", "-p", $"{server.Port(way)}", "-V", version, "-q", "1", .. way == "tls" ? (string[])["--cafile", server.Certificate.Path] : []];
        // -E: ends well as soon as the subscription is acknowledged.
        await RunAsync("mosquitto_sub", [.. connection, "-t", $"fleet/v1/{serial}/command", "-E"]);
        for (var seq = 1; seq <= Count; seq++)
            await RunAsync("mosquitto_pub", [.. connection, "-t", $"fleet/v1/{serial}/report", "-m", $$$"""{"seq":{{{seq}}},"heartbeat":{"uptime":{{{seq * 60}}},"interval":60}}"""]);
        await HasAppliedAsync(serial);
    }

    [Theory]
    [InlineData("3", "tcp")]
    [InlineData("5", "tcp")]
    [InlineData("3", "tls")]
    [InlineData("5", "tls")]
    [InlineData("3", "ws")]
    [InlineData("5", "ws")]
    public async Task Paho_in_Python(string version, string way)
    {
        Require("/usr/lib/python3/dist-packages/paho", "Debian's python3-paho-mqtt");
        var serial = $"paho-{version}-{way}";
        await RunAsync("/usr/bin/python3", [Script("paho_client.py"), way, $"{server.Port(way)}", version, serial, $"{Count}", server.Certificate.Path]);
        await HasAppliedAsync(serial);
    }

    [Theory]
    [InlineData("3", "tcp")]
    [InlineData("5", "tcp")]
    [InlineData("3", "tls")]
    [InlineData("5", "tls")]
    [InlineData("3", "ws")]
    [InlineData("5", "ws")]
    public async Task Mqtt_js_in_Node(string version, string way)
    {
        Require(Path.Combine(s_modules, "mqtt"), "MQTT.js, which ./test installs");
        var serial = $"mqttjs-{version}-{way}";
        await RunAsync("node", [Script("mqttjs_client.js"), way, $"{server.Port(way)}", version, serial, $"{Count}", server.Certificate.Path], ("NODE_PATH", s_modules));
        await HasAppliedAsync(serial);
    }

    /// <summary>A wrong password; then a terminal with its own and an operator: QoS 2 both ways, a status that is retained, a will when the connection breaks.</summary>
    [Theory]
    [InlineData("/usr/bin/python3", "paho_talk.py", "3")]
    [InlineData("/usr/bin/python3", "paho_talk.py", "5")]
    [InlineData("node", "mqttjs_talk.js", "3")]
    [InlineData("node", "mqttjs_talk.js", "5")]
    public async Task A_terminal_and_an_operator_hear_each_other(string program, string script, string version)
    {
        var serial = $"{Path.GetFileNameWithoutExtension(script)}-{version}";
        var password = await server.Fleet.Api.PasswordAsync(serial);
        await RunAsync(program, [Script(script), $"{server.Fleet.MqttPort}", version, serial, password], ("NODE_PATH", s_modules));
        await Eventually.EqualAsync(1, () => server.Fleet.Api.ReportsAsync(serial));
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

    /// <summary>One server for all of them, with three ways in.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private readonly int _tlsPort = FleetProcess.FreePort();

        internal FleetProcess Fleet { get; private set; } = null!;
        internal LocalCertificate Certificate { get; } = new();

        internal int Port(string way) => way switch { "tls" => _tlsPort, "ws" => Fleet.HttpPort, _ => Fleet.MqttPort };

        public async ValueTask InitializeAsync() => Fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none",
            $"--Mqtt:Tls:Port={_tlsPort}", $"--Mqtt:Tls:Certificate={Certificate.Path}", $"--Mqtt:Tls:Key={Certificate.KeyPath}");

        public async ValueTask DisposeAsync()
        {
            await Fleet.DisposeAsync();
            Certificate.Dispose();
        }
    }
}
