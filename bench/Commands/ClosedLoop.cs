using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>The closed loop against a server started for it, Fleet or mosquitto: the same generator, the same terminals.</summary>
internal sealed class ClosedLoop(ParseResult arguments, LoadOptions options, TimeProvider clock)
{
    private static readonly string[] s_collector = ["dotnet_gc_collections", "dotnet_gc_pause_time", "dotnet_gc_heap_total_allocated"];

    /// <summary>Measures Fleet, and compares afterwards what it applied with what it acknowledged.</summary>
    /// <param name="patience">How long it may take to apply it.</param>
    public async Task<(Figures Figures, bool IsSound)> FleetAsync(ServerOptions server, int count, TimeSpan patience, CancellationToken stop)
    {
        await using var fleet = await server.StartAsync(arguments, [], clock, stop);
        var terminals = Terminals(count);
        var figures = await MeasureAsync("fleet", fleet.Mqtt, terminals, () => fleet.Usage, stop);
        figures.Print();
        foreach (var name in s_collector)
            foreach (var line in await fleet.MetricsAsync(name, stop)) Console.WriteLine($"  {line}");
        return (figures, await new Proof(fleet, terminals, clock).PrintAsync(patience, stop));
    }

    /// <summary>Measures mosquitto with its one subscriber; the figures are of both together.</summary>
    public async Task<Figures> MosquittoAsync(string program, int count, CancellationToken stop)
    {
        await using var broker = await Mosquitto.StartAsync(program, clock, stop);
        broker.Subscribe();
        var (before, terminals) = (broker.BrokerUsage, Terminals(count));
        var figures = await MeasureAsync("mosquitto with a subscriber", broker.Mqtt, terminals, () => broker.Usage, stop);
        figures.Print();
        var sent = Enumerable.Range(0, count).Sum(terminal => (long)terminals.Sent(terminal));
        Console.WriteLine($"  the broker alone {(broker.BrokerUsage - before).Total.TotalMicroseconds / sent:F2} µs CPU/message, warm-up included");
        return figures;
    }

    private BenchTerminals Terminals(int count) => new(count, Math.Min(count, arguments.GetValue(options.Connections)));

    private async Task<Figures> MeasureAsync(string name, System.Net.IPEndPoint server, BenchTerminals terminals, Func<Usage> usage, CancellationToken stop)
    {
        using var load = new FullWindows(server, terminals, arguments.GetValue(options.Window), clock);
        return await Figures.MeasureAsync(name, load, terminals.Count, usage, TimeSpan.FromSeconds(arguments.GetValue(options.Warmup)),
            TimeSpan.FromSeconds(arguments.GetValue(options.Seconds)), clock, stop);
    }
}
