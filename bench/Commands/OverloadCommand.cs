using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench overload</c>: what the server can sustain, and then many times that for long, beside clients that behave badly. Memory must
/// stay flat, what was acknowledged intact, and service be as before when it ends.
/// </summary>
internal sealed class OverloadCommand(TimeProvider clock)
{
    private const int SustainSeconds = 10, LatencySeconds = 10, SustainWindow = 50, SampleSeconds = 10;

    /// <summary>In the first minute the heap still finds its size.</summary>
    private const int EnoughSamples = 12;

    /// <summary>Of the sustainable rate: what a fleet that was planned well offers.</summary>
    private const double NormalShare = 0.25;
    private readonly ServerOptions _server = new();
    private readonly Option<int> _seconds = LoadOptions.Whole("--seconds", "How long the overload lasts, beside --minutes.", 0, 0, 86_400);
    private readonly Option<int> _minutes = LoadOptions.Whole("--minutes", "How long the overload lasts.", 10, 0, 1_440);
    private readonly Option<int> _times = LoadOptions.Whole("--times", "How many times the sustainable rate is offered.", 10, 1, 1_000);
    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "Terminals.", 10_000, 1, 1_000_000);
    private readonly Option<int> _connections = LoadOptions.Whole("--connections", "MQTT connections.", 200, 1, 10_000);
    private readonly Option<int> _window = LoadOptions.Whole("--window", "Unacknowledged messages a connection may have in the overload.", 1_000, 1, 1_000);
    private readonly Option<int> _bad = LoadOptions.Whole("--bad-clients", "Clients that read nothing, stop in the middle of a packet, or send a byte at a time.", 300, 0, 10_000);
    private readonly Option<int> _watchers = LoadOptions.Whole("--deaf-watchers", "Clients that subscribe to everything and read nothing.", 0, 0, 1_000);
    private readonly Option<bool> _influxAway = new("--influx-away") { Description = "Points wait in the journal, 1 GiB of them, for an InfluxDB that nobody finds." };
    private readonly Option<bool> _influxMute = new("--influx-mute") { Description = "And for one that takes every connection and never answers." };
    private readonly Option<int> _storeStill = LoadOptions.Whole("--store-still", "Seconds, in the middle of the overload, in which the store's files cannot be written.", 0, 0, 3_600);
    private readonly Option<bool> _assert = Goals.Assert();
    private readonly Option<FileInfo?> _json = LoadOptions.JsonFile();

    public Command Create()
    {
        var command = _server.AddTo(new Command("overload", "Many times the sustainable load for long: memory stays flat, what was acknowledged intact, and service recovers.")
        {
            _minutes, _seconds, _times, _terminals, _connections, _window, _bad, _watchers, _influxAway, _influxMute, _storeStill, _assert, _json,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        using var mute = arguments.GetValue(_influxMute) ? new MuteServer() : null;
        string[] away = ["--Influx:Api=v1", $"--Influx:Url={mute?.Url ?? new Uri($"http://{Child.FreePort()}")}", "--Journal:HistoryBytes=1073741824"];
        await using var server = await _server.StartAsync(arguments, arguments.GetValue(_influxAway) || mute is not null ? away : [], clock, stop);
        var count = arguments.GetValue(_terminals);
        var terminals = new BenchTerminals(count, Math.Min(count, arguments.GetValue(_connections)));

        var sustained = await SustainedAsync(server, terminals, stop);
        Console.WriteLine($"sustainable: {sustained:N0} messages/s");
        var before = await LatencyAsync(server, terminals, sustained, stop);
        var (memory, thrownOut) = await OverloadAsync(arguments, server, terminals, sustained, stop);
        var after = await LatencyAsync(server, terminals, sustained, stop);
        Console.WriteLine($"at {NormalShare:P0} of the sustainable rate PUBLISH to PUBACK took p50 {before.P50:F1} ms, p99 {before.P99:F1} ms before and p50 {after.P50:F1} ms, p99 {after.P99:F1} ms after; bad clients were thrown out {thrownOut:N0} times");
        if (mute is not null) Console.WriteLine($"InfluxDB took {mute.Taken:N0} connections and said nothing");
        var isSound = await new Proof(server, terminals, clock).PrintAsync(TimeSpan.FromMinutes(5), stop);

        var goals = new Goals(arguments.GetValue(_assert));
        var (early, late) = (memory.Take((memory.Count + 1) / 2).Max(), memory.Skip(memory.Count / 2).Max());
        if (memory.Count < EnoughSamples) Console.WriteLine($"  under {EnoughSamples * SampleSeconds} s say nothing about memory");
        else goals.Check($"memory is flat: at most {late / 1048576:N0} MiB in the second half, {early / 1048576:N0} MiB in the first", late <= early * 1.1);
        goals.Check("service is as before when it ends: p99 at most double, or 10 ms more", after.P99 <= Math.Max(before.P99 * 2, before.P99 + 10));
        await Figures.WriteAsync(arguments.GetValue(_json), new { sustained, before, after, memory, thrownOut, isSound }, stop);
        return isSound ? goals.ExitCode : 1;
    }

    private async Task<double> SustainedAsync(FleetServer server, BenchTerminals terminals, CancellationToken stop)
    {
        using var load = new FullWindows(server.Mqtt, terminals, SustainWindow, clock);
        var running = load.RunAsync();
        await PassAsync(running, SustainSeconds, stop); // every terminal has come to life, the code is compiled
        var (acknowledged, began) = (load.Acknowledged, clock.GetTimestamp());
        await PassAsync(running, SustainSeconds, stop);
        var sustained = (load.Acknowledged - acknowledged) / clock.GetElapsedTime(began).TotalSeconds;
        load.Stop();
        await running.WaitAsync(TimeSpan.FromMinutes(1), clock, stop);
        return sustained;
    }

    private async Task<(double P50, double P99)> LatencyAsync(FleetServer server, BenchTerminals terminals, double sustained, CancellationToken stop)
    {
        using var load = new PacedLoad(server.Mqtt, terminals, null, SustainWindow * 20, sustained * NormalShare, clock);
        load.Start();
        await PassAsync(load.Finished, LatencySeconds / 2, stop);
        load.Measure();
        await PassAsync(load.Finished, LatencySeconds, stop);
        load.Stop();
        await load.Finished.WaitAsync(TimeSpan.FromMinutes(1), clock, stop);
        return (load.Latency(50).TotalMilliseconds, load.Latency(99).TotalMilliseconds);
    }

    /// <summary>The server's resident bytes every ten seconds, and how often bad clients were thrown out.</summary>
    private async Task<(List<long> Memory, int ThrownOut)> OverloadAsync(
        ParseResult arguments, FleetServer server, BenchTerminals terminals, double sustained, CancellationToken stop)
    {
        var memory = new List<long>();
        using var bad = new BadClients(server.Mqtt, arguments.GetValue(_bad), arguments.GetValue(_watchers));
        using var load = new FullWindows(server.Mqtt, terminals, arguments.GetValue(_window), clock, sustained * arguments.GetValue(_times));
        var running = load.RunAsync();
        var (began, length) = (clock.GetTimestamp(), TimeSpan.FromMinutes(arguments.GetValue(_minutes)) + TimeSpan.FromSeconds(arguments.GetValue(_seconds)));
        var still = StandStillAsync(server, length / 2, TimeSpan.FromSeconds(arguments.GetValue(_storeStill)), stop);
        while (clock.GetElapsedTime(began) < length)
        {
            var (acknowledged, offered, cpu) = (load.Acknowledged, load.Offered, server.Usage.Total);
            await PassAsync(running, SampleSeconds, stop);
            var usage = server.Usage;
            memory.Add(usage.ResidentBytes);
            Console.WriteLine($"  {clock.GetElapsedTime(began).TotalSeconds,5:N0} s  {usage.ResidentBytes / 1048576,6:N0} MiB  offered {(load.Offered - offered) / SampleSeconds,9:N0}/s  acknowledged {(load.Acknowledged - acknowledged) / SampleSeconds,7:N0}/s  "
                + $"{(usage.Total - cpu).TotalSeconds / SampleSeconds:P0} CPU  journal {await server.MetricAsync("fleet_journal_size_bytes", stop) / 1048576:N0} MiB");
        }
        await still;
        var ended = clock.GetTimestamp();
        load.Stop();
        await running.WaitAsync(TimeSpan.FromMinutes(2), clock, stop);
        Console.WriteLine($"  ended; the last message under way was acknowledged after {clock.GetElapsedTime(ended).TotalSeconds:N1} s");
        return (memory, bad.ThrownOut);
    }

    private async Task StandStillAsync(FleetServer server, TimeSpan after, TimeSpan length, CancellationToken stop)
    {
        if (length == TimeSpan.Zero) return;
        await Task.Delay(after, clock, stop);
        await using (await StillStore.HoldAsync(server.Databases, stop))
        {
            Console.WriteLine($"  the store stands still for {length.TotalSeconds:N0} s");
            await Task.Delay(length, clock, stop);
        }
        Console.WriteLine("  the store goes on");
    }

    private async Task PassAsync(Task running, int seconds, CancellationToken stop)
    {
        if (await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(seconds), clock, stop)) == running) await running;
        stop.ThrowIfCancellationRequested();
    }
}
