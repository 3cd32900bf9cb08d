using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary><c>bench run</c>: how many durable QoS 1 messages a second the server takes, what each costs, and whether every one was applied once.</summary>
internal sealed class RunCommand(TimeProvider clock)
{
    private const int Sample = 200;
    private static readonly string[] s_collector = ["dotnet_gc_collections", "dotnet_gc_pause_time", "dotnet_gc_heap_total_allocated"];
    private readonly LoadOptions _load = new();
    private readonly Option<FileInfo> _server = LoadOptions.Server();
    private readonly Argument<string[]> _settings = LoadOptions.Settings();
    private readonly Option<int> _settle = LoadOptions.Whole("--settle", "Seconds the server may take afterwards to apply what it acknowledged.", 120, 1, 3_600);
    private readonly Option<int[]> _terminals = new("--terminals")
    {
        Description = "Terminals; repeat it for several runs, each with a fresh server.",
        DefaultValueFactory = _ => [1_000, 100_000],
        AllowMultipleArgumentsPerToken = true,
    };

    public Command Create()
    {
        var command = _load.AddTo(new Command("run", "Peak throughput of a Fleet server started for it, and proof that nothing was lost or doubled.")
        {
            _server, _terminals, _settle, _settings,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var all = new List<Figures>();
        var isSound = true;
        foreach (var count in arguments.GetValue(_terminals)!)
        {
            var (figures, mismatches) = await RunAsync(arguments, count, stop);
            foreach (var mismatch in mismatches) Console.WriteLine($"  WRONG {mismatch}");
            Console.WriteLine(mismatches.Count == 0 ? $"  every message of {Math.Min(Sample, count)} sampled terminals was applied once" : $"  {mismatches.Count} terminals are wrong");
            isSound &= mismatches.Count == 0;
            all.Add(figures);
        }
        await Figures.WriteAsync(arguments.GetValue(_load.Json), all, stop);
        return isSound ? 0 : 1;
    }

    private async Task<(Figures Figures, List<string> Mismatches)> RunAsync(ParseResult arguments, int count, CancellationToken stop)
    {
        await using var server = await FleetServer.StartAsync(
            arguments.GetRequiredValue(_server).FullName, arguments.GetValue(_settings) ?? [], clock, stop);
        var terminals = new BenchTerminals(count, Math.Min(count, arguments.GetValue(_load.Connections)));
        using var load = new FullWindows(server.Mqtt, terminals, arguments.GetValue(_load.Window), clock);
        var figures = await Figures.MeasureAsync("fleet", load, count, () => server.Usage,
            TimeSpan.FromSeconds(arguments.GetValue(_load.Warmup)), TimeSpan.FromSeconds(arguments.GetValue(_load.Seconds)), clock, stop);
        figures.Print();
        foreach (var name in s_collector)
            foreach (var line in await server.MetricsAsync(name, stop)) Console.WriteLine($"  {line}");
        return (figures, await MismatchesAsync(server, terminals, TimeSpan.FromSeconds(arguments.GetValue(_settle)), stop));
    }

    /// <summary>The sampled terminals whose count, or sum of sequence numbers, is not what was acknowledged.</summary>
    private async Task<List<string>> MismatchesAsync(FleetServer server, BenchTerminals terminals, TimeSpan patience, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        var wrong = new List<string>();
        for (var i = 0; i < Math.Min(Sample, terminals.Count); i++)
        {
            var terminal = (int)((long)i * terminals.Count / Math.Min(Sample, terminals.Count));
            var serial = ReportPacket.Serial(terminal);
            long sent = terminals.Sent(terminal);
            var applied = await server.AppliedAsync(serial, stop);
            while (applied.Reports < sent && clock.GetElapsedTime(began) < patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), clock, stop);
                applied = await server.AppliedAsync(serial, stop);
            }
            var sum = sent * ReportPacket.FirstCount + sent * (sent + 1) / 2;
            if (applied.Reports != sent || (applied.SeqSum ?? sum) != sum)
                wrong.Add($"{serial}: {sent} acknowledged with the sum {sum}, {applied.Reports} applied with the sum {applied.SeqSum}");
        }
        return wrong;
    }
}
