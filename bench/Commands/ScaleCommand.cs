using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Scale;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench scale</c>: a fleet as large as one machine is to bear, each terminal reporting at its interval, over few
/// connections: what a terminal weighs, what a report costs, how long states take to be written and hold anybody up, and
/// how the server comes back after it was killed while all of them go on reporting.
/// </summary>
internal sealed class ScaleCommand(TimeProvider clock)
{
    private const double Mebibyte = 1024 * 1024;
    private const int GoalOwnBytes = 1024;
    private const int GoalAllBytes = 3584;
    private const double GoalHoldSeconds = 0.05;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly ServerOptions _server = new();
    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "Terminals.", 1_000_000, 1_000, 1_000_000);
    private readonly Option<int> _interval = LoadOptions.Whole("--interval", "Seconds between two reports of a terminal; the reports themselves say 60.", 60, 1, 3_600);
    private readonly Option<int> _connections = LoadOptions.Whole("--connections", "MQTT connections they speak over.", 100, 1, 10_000);
    private readonly Option<int> _seconds = LoadOptions.Whole("--seconds", "How long to measure the steady state.", 60, 5, 86_400);
    private readonly Option<int> _back = LoadOptions.Whole("--back", "Seconds to go on after the restart.", 60, 5, 86_400);
    private readonly Option<bool> _assert = Goals.Assert();

    public Command Create()
    {
        var command = _server.AddTo(new Command("scale", "A million terminals: bytes and CPU of each, writing behind, and a restart under load.")
        {
            _terminals, _interval, _connections, _seconds, _back, _assert,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var count = arguments.GetValue(_terminals);
        var goals = new Goals(arguments.GetValue(_assert));
        var ownBytes = OwnState.BytesPerTerminal();
        Console.WriteLine($"{count:N0} terminals, a report each {arguments.GetValue(_interval)} s over {arguments.GetValue(_connections)} connections\n  own state {ownBytes:N0} bytes a terminal (its object with all in it but its serial, after a collection)");
        goals.Check($"own state under {GoalOwnBytes:N0} bytes", ownBytes < GoalOwnBytes);

        await using var server = await _server.StartAsync(arguments, [], clock, stop);
        var terminals = new BenchTerminals(count, Math.Min(count, arguments.GetValue(_connections)));
        var empty = server.Usage;
        await FirstReportsAsync(server, terminals, stop);

        var rate = count / (double)arguments.GetValue(_interval);
        var steady = await ServedAsync(server, terminals, rate, arguments.GetValue(_seconds), stop);
        steady.Print($"steady, {arguments.GetValue(_seconds)} s");
        // Every field of the heap that is garbage by now is still counted; only the operating system's word is the whole truth.
        var allBytes = (steady.Usage.ResidentBytes - empty.ResidentBytes) / (double)count;
        var heapBytes = await server.MetricAsync("dotnet_gc_last_collection_heap_size_bytes", stop) / count;
        Console.WriteLine($"  memory: {steady.Usage.ResidentBytes / Mebibyte:N0} MiB resident, {empty.ResidentBytes / Mebibyte:N0} before the first terminal: {allBytes:N0} bytes a terminal, all told; managed heap as of the last collection {heapBytes:N0}");
        goals.Check($"all told under {GoalAllBytes:N0} bytes a terminal", allBytes < GoalAllBytes);
        Console.WriteLine($"  garbage collector: paused {await server.MetricAsync("dotnet_gc_pause_time", stop):F1} s since the start, {(await server.MetricsAsync("dotnet_gc_collections", stop)).Where(line => line.Contains("gen2", StringComparison.Ordinal)).Sum(line => double.Parse(line.Split("} ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)):N0} collections of generation 2");
        var commits = await HistogramSeen.OfAsync(server, "fleet_ingest_commit_seconds", stop);
        Console.WriteLine($"  journal: {commits.Count:N0} commits of {commits.Mean * 1000:F2} ms on average, {commits.AtMost}");
        var (writes, hold) = (await HistogramSeen.OfAsync(server, "fleet_grains_checkpoint_seconds", stop), await HistogramSeen.OfAsync(server, "fleet_grains_state_hold_seconds", stop));
        Console.WriteLine($"  states: {await server.MetricAsync("fleet_grains_states_written_total", stop):N0} written in {writes.Count} checkpoints of {writes.Mean:F2} s on average, {writes.AtMost}; a terminal was held up {hold.AtMost}");
        goals.Check("a terminal is held up by its write for less than 50 ms", hold.Highest <= GoalHoldSeconds);

        await server.KillAsync();
        var killed = clock.GetTimestamp();
        await server.StartAsync(clock, stop);
        Console.WriteLine($"killed, and started again with {count:N0} known terminals: ready after {clock.GetElapsedTime(killed).TotalSeconds:F1} s");
        var back = await ServedAsync(server, terminals, rate, arguments.GetValue(_back), stop);
        back.Print($"coming back, {arguments.GetValue(_back)} s from ready on");
        var offline = (await server.MetricsAsync("fleet_grains_findings_total", stop)).Count(line => line.Contains("fault=\"offline\"", StringComparison.Ordinal));
        Console.WriteLine($"  {back.Usage.ResidentBytes / Mebibyte:N0} MiB resident, {back.Usage.PeakBytes / Mebibyte:N0} at most");
        goals.Check("nobody is called offline while they come back", offline == 0);
        return await new Proof(server, terminals, clock).PrintAsync(s_patience, stop) ? goals.ExitCode : 1;
    }

    /// <summary>Every terminal's first report, as fast as they are taken: as many grains begin.</summary>
    private async Task FirstReportsAsync(FleetServer server, BenchTerminals terminals, CancellationToken stop)
    {
        var (began, before) = (clock.GetTimestamp(), server.Usage);
        using (var load = new FullWindows(server.Mqtt, terminals, window: 50, clock))
        {
            var running = load.RunAsync();
            while (load.Acknowledged < terminals.Count || Enumerable.Range(0, terminals.Count).Any(terminal => terminals.Sent(terminal) == 0))
            {
                if (await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(200), clock, stop)) == running) await running;
                stop.ThrowIfCancellationRequested();
            }
            load.Stop();
            await running.WaitAsync(s_patience, clock, stop);
        }
        await AppliedAsync(server, stop);
        var (seconds, spent) = (clock.GetElapsedTime(began).TotalSeconds, server.Usage - before);
        Console.WriteLine($"first reports: {terminals.Count / seconds:N0} terminals/s known ({seconds:F1} s, {spent.Total.TotalMicroseconds / terminals.Count:F1} µs CPU each)");
    }

    private async Task<Served> ServedAsync(FleetServer server, BenchTerminals terminals, double rate, int seconds, CancellationToken stop)
    {
        using var load = new PacedLoad(server.Mqtt, terminals, paperOuts: null, window: 500, rate, clock);
        var (began, before, sent, unapplied) = (clock.GetTimestamp(), server.Usage, terminals.Total, 0L);
        load.Measure();
        load.Start();
        while (clock.GetElapsedTime(began).TotalSeconds < seconds)
        {
            if (await Task.WhenAny(load.Finished, Task.Delay(TimeSpan.FromSeconds(1), clock, stop)) == load.Finished) await load.Finished;
            stop.ThrowIfCancellationRequested();
            unapplied = Math.Max(unapplied, (await server.JournalAsync(stop)).UnappliedRows);
        }
        load.Stop();
        await load.Finished.WaitAsync(s_patience, clock, stop);
        var sending = clock.GetElapsedTime(began);
        await AppliedAsync(server, stop);
        return new(terminals.Total - sent, sending, clock.GetElapsedTime(began) - sending, server.Usage - before, load.Latency(50), load.Latency(99), load.Latency(100), unapplied);
    }

    private async Task AppliedAsync(FleetServer server, CancellationToken stop)
    {
        for (var began = clock.GetTimestamp(); (await server.JournalAsync(stop)).UnappliedRows > 0;)
        {
            if (clock.GetElapsedTime(began) > s_patience) throw new TimeoutException($"not everything was applied after {s_patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), clock, stop);
        }
    }
}
