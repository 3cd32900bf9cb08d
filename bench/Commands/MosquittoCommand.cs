using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary><c>bench mosquitto</c>: the same load against mosquitto with one subscriber, for comparison on the same machine.</summary>
internal sealed class MosquittoCommand(TimeProvider clock)
{
    private readonly LoadOptions _load = new();
    private readonly Option<string> _program = new("--mosquitto") { Description = "The broker's program.", DefaultValueFactory = _ => "/usr/sbin/mosquitto" };
    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "Terminals.", 1_000, 1, 1_000_000);

    public Command Create()
    {
        var command = _load.AddTo(new Command("mosquitto", "The same load against mosquitto with one QoS 1 subscriber, in memory, nothing durable.")
        {
            _program, _terminals,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        await using var broker = await Mosquitto.StartAsync(arguments.GetRequiredValue(_program), clock, stop);
        var count = arguments.GetValue(_terminals);
        var terminals = new BenchTerminals(count, Math.Min(count, arguments.GetValue(_load.Connections)));
        using var load = new FullWindows(broker.Mqtt, terminals, arguments.GetValue(_load.Window), clock);
        var before = broker.BrokerUsage;
        var figures = await Figures.MeasureAsync("mosquitto with a subscriber", load, count, () => broker.Usage,
            TimeSpan.FromSeconds(arguments.GetValue(_load.Warmup)), TimeSpan.FromSeconds(arguments.GetValue(_load.Seconds)), clock, stop);
        figures.Print();
        var alone = (broker.BrokerUsage - before).Total.TotalMicroseconds / load.Acknowledged;
        Console.WriteLine($"  the broker alone {alone:F2} µs CPU/message, warm-up included");
        await Figures.WriteAsync(arguments.GetValue(_load.Json), figures, stop);
        return 0;
    }
}
