using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench replay</c>: how fast a start works off its journal. A server takes messages and persists no state meanwhile, is
/// killed, and started again: every message since then is read from the disk and applied once more.
/// </summary>
internal sealed class ReplayCommand(TimeProvider clock)
{
    private const double Mebibyte = 1024 * 1024;
    private readonly ServerOptions _server = new();
    private readonly Option<int> _messages = LoadOptions.Whole("--messages", "Messages in the journal when the server is killed.", 5_000_000, 1, 1_000_000_000);
    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "Terminals they are of.", 10_000, 1, 1_000_000);
    private readonly Option<int> _patience = LoadOptions.Whole("--patience", "Seconds the replay may take.", 600, 1, 86_400);

    public Command Create()
    {
        var command = _server.AddTo(new Command("replay", "Rows and messages a second that a start replays from its journal, and the CPU of each.")
        {
            _messages, _terminals, _patience,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        await using var server = await _server.StartAsync(arguments, ["--Journal:Checkpoint=00:10:00", $"--Journal:ReplayBytes={1L << 40}"], clock, stop);
        var terminals = new BenchTerminals(arguments.GetValue(_terminals), Math.Min(100, arguments.GetValue(_terminals)));
        await FillAsync(server, terminals, arguments.GetValue(_messages), stop);
        await server.KillAsync();

        var killed = clock.GetTimestamp();
        await server.StartAsync(clock, stop);
        var (ready, before, usage) = (clock.GetElapsedTime(killed), await server.JournalAsync(stop), server.Usage);
        var (began, replayed) = (clock.GetTimestamp(), await server.MetricAsync("fleet_ingest_replayed_", stop));
        var patience = TimeSpan.FromSeconds(arguments.GetValue(_patience));
        JournalSeen now;
        while ((now = await server.JournalAsync(stop)).UnappliedRows > 0)
        {
            if (clock.GetElapsedTime(began) > patience) throw new TimeoutException($"{now.UnappliedRows} rows are not applied after {patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, stop);
        }
        var (elapsed, messages, spent) = (clock.GetElapsedTime(began).TotalSeconds, await server.MetricAsync("fleet_ingest_replayed_", stop) - replayed, server.Usage - usage);
        Console.WriteLine(
            $"""
            a backlog of {terminals.Total:N0} messages of {terminals.Count:N0} terminals in {before.Rows:N0} rows, {before.Bytes / Mebibyte:N0} MiB
              ready {ready.TotalSeconds:F1} s after the start, all applied {clock.GetElapsedTime(killed).TotalSeconds:F1} s after it
              from ready on: {before.UnappliedRows / elapsed:N0} rows/s, {messages / elapsed:N0} messages/s, {spent.Total.TotalMicroseconds / messages:F2} µs CPU/message
              {spent.ResidentBytes / Mebibyte:N0} MiB resident, {spent.PeakBytes / Mebibyte:N0} MiB at most
            """);
        return await new Proof(server, terminals, clock).PrintAsync(patience, stop) ? 0 : 1;
    }

    private async Task FillAsync(FleetServer server, BenchTerminals terminals, long messages, CancellationToken stop)
    {
        using var load = new FullWindows(server.Mqtt, terminals, window: 50, clock);
        var running = load.RunAsync();
        for (var said = 0L; load.Acknowledged < messages;)
        {
            if (await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(200), clock, stop)) == running) await running;
            stop.ThrowIfCancellationRequested();
            if (load.Acknowledged - said < messages / 10) continue;
            said = load.Acknowledged;
            await Console.Error.WriteLineAsync($"  {said:N0} of {messages:N0} messages in the journal");
        }
        load.Stop();
        await running.WaitAsync(TimeSpan.FromSeconds(60), clock, stop);
    }
}
