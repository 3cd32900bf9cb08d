using System.Net;

namespace Fleet.Bench.Servers;

/// <summary>Debian's mosquitto: the yardstick. Nothing is written to disk.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Child _broker;
    private Child? _subscriber;

    private Mosquitto(string folder, Child broker, IPEndPoint mqtt) => (_folder, _broker, Mqtt) = (folder, broker, mqtt);

    public IPEndPoint Mqtt { get; }

    /// <summary>The broker, and its subscriber where it has one, together.</summary>
    public Usage Usage => _subscriber is null ? BrokerUsage : BrokerUsage + Usage.Of(_subscriber.Id);

    public Usage BrokerUsage => Usage.Of(_broker.Id);

    /// <param name="settings">More lines of its configuration file, of the listener.</param>
    public static async Task<Mosquitto> StartAsync(string program, TimeProvider clock, CancellationToken stop, string settings = "allow_anonymous true")
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
        var mqtt = Child.FreePort();
        var file = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(file, $"""
            listener {mqtt.Port} 127.0.0.1
            user root
            persistence false
            max_inflight_messages 1000
            max_queued_messages 100000
            log_type error
            sys_interval 1
            {settings}
            """, stop);
        var mosquitto = new Mosquitto(folder, Child.Start(program, ["-c", file], Path.Combine(folder, "log")), mqtt);
        try
        {
            await mosquitto._broker.WaitUntilAsync(s => Child.AcceptsAsync(mqtt, s), TimeSpan.FromSeconds(10), clock, stop);
            return mosquitto;
        }
        catch
        {
            await mosquitto.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it one QoS 1 subscriber to everything.</summary>
    public void Subscribe() =>
        _subscriber = Child.Start("mosquitto_sub", ["-h", "127.0.0.1", "-p", $"{Mqtt.Port}", "-q", "1", "-t", "fleet/v1/#"], "/dev/null");

    public async ValueTask DisposeAsync()
    {
        if (_subscriber is not null) await _subscriber.DisposeAsync();
        await _broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
