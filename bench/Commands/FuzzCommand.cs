using System.CommandLine;
using Fleet.Bench.Fuzz;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary><c>bench fuzz</c>: mutated packets of every type, at 3.1.1 and 5, in any split, on many connections at once: most of them in this process, through the server's own
/// door over pipes in memory, then some over TCP to a server. Nothing that is sent may harm it.</summary>
internal sealed class FuzzCommand(TimeProvider clock)
{
    private static readonly string[] s_bad = [" fail: ", " crit: ", "Unhandled exception", "Fatal error"];
    private const double Mebibyte = 1024 * 1024;

    /// <summary>What names, addresses and retained messages may take more of after ten million packets than after the first: a byte and a bit for each connection.</summary>
    private const long MostGrown = 8 * 1024 * 1024;

    private readonly ServerOptions _server = new();
    private readonly Option<int> _packets = LoadOptions.Whole("--packets", "Mutated packets that must have been read.", 10_000_000, 1, 2_000_000_000);
    private readonly Option<int> _overTcp = LoadOptions.Whole("--tcp", "Of them, over TCP.", 100_000, 1, 2_000_000_000);
    private readonly Option<int> _connections = LoadOptions.Whole("--connections", "Connections over TCP at once.", 128, 1, 10_000);
    private readonly Option<int?> _seed = new("--seed") { Description = "The packets of an earlier run." };
    private readonly Option<FileInfo?> _json = LoadOptions.JsonFile();

    public Command Create()
    {
        var command = _server.AddTo(new Command("fuzz", "Mutated packets, most in process, some over TCP: no crash, no error, no leak, and the server still serves.") { _packets, _overTcp, _connections, _seed, _json });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var seed = arguments.GetValue(_seed) ?? Random.Shared.Next();
        Console.WriteLine($"seed {seed}");
        var (packets, overTcp) = (arguments.GetValue(_packets), Math.Min(arguments.GetValue(_packets), arguments.GetValue(_overTcp)));
        var isSound = packets == overTcp || await InProcessAsync(seed, packets - overTcp, stop);
        return await OverTcpAsync(arguments, seed, overTcp, stop) && isSound ? 0 : 1;
    }

    private async Task<bool> InProcessAsync(int seed, int packets, CancellationToken stop)
    {
        await using var room = await FrontRoom.OpenAsync(InProcess.Terminals, clock);
        await new InProcess(room, seed ^ -1, clock).RunAsync(Math.Max(1, packets / 20), stop); // everything is loaded, every buffer has its size
        var (before, began, fuzz) = (room.HeapBytes(), clock.GetTimestamp(), new InProcess(room, seed, clock));
        var tally = await fuzz.RunAsync(packets, stop);
        var (seconds, after, ended) = (clock.GetElapsedTime(began).TotalSeconds, room.HeapBytes(), tally.Packets - tally.Survived);
        Console.WriteLine(
            $"""
            in process: {tally.Packets:N0} mutated packets read in {seconds:N0} s: {tally.Survived:N0} left their connection open, {ended:N0} ended it
              {tally.Connections:N0} connections, {tally.Accepted:N0} of them accepted; {tally.StuckConnections} did not end, {room.Sessions} sessions are left
              heap {before / Mebibyte:N1} MiB before (a twentieth had been sent), {after / Mebibyte:N1} MiB after
            """);
        var wrong = fuzz.Wrong.ToList();
        if (tally.Unsound is { } unsound) wrong.Add($"a connection sent {unsound}");
        if (after - before > MostGrown) wrong.Add($"the heap has grown by {(after - before) / Mebibyte:N1} MiB, and {MostGrown / Mebibyte:N0} are within what is kept");
        foreach (var line in wrong) Console.WriteLine($"  WRONG {line}");
        return wrong.Count == 0 && tally.StuckConnections == 0 && room.Sessions == 0;
    }

    private async Task<bool> OverTcpAsync(ParseResult arguments, int seed, int packets, CancellationToken stop)
    {
        var lanes = arguments.GetValue(_connections);
        // Rates are slowed elsewhere; here every packet shall be read.
        await using var server = _server.Of(arguments, ["--Mqtt:MessagesPerSecond=1000000"]);
        await server.RegisterAsync(FuzzTally.ConnectTerminals.Length + lanes, stop);
        await server.StartAsync(clock, stop);

        await FuzzAsync(server, seed ^ -1, lanes, new FuzzTally(Math.Max(1, packets / 20)), stop); // everything is loaded, every terminal known
        await server.EmptyAsync(clock, stop);
        var (before, began, tally) = (server.Usage, clock.GetTimestamp(), new FuzzTally(packets));
        await FuzzAsync(server, seed, lanes, tally, stop);
        var seconds = clock.GetElapsedTime(began).TotalSeconds;

        await server.EmptyAsync(clock, stop); // throws where connections stay open
        await ServesAsync(server, stop);
        var (after, errors) = (server.Usage, server.LogLines().Where(line => s_bad.Any(bad => line.Contains(bad, StringComparison.Ordinal))).ToList());
        var fuzz = new FuzzFigures(tally.Packets, tally.Survived, tally.Connections, tally.Accepted, tally.StuckConnections, errors.Count, before.ResidentBytes, after.ResidentBytes, after.PeakBytes, seconds);
        fuzz.Print();
        foreach (var line in errors.Take(10)) Console.WriteLine($"  WRONG in the log: {line}");
        foreach (var line in await server.MetricsAsync("dotnet_exceptions", stop)) Console.WriteLine($"  {line}");
        if (tally.Unsound is { } unsound) Console.WriteLine($"  WRONG the server sent {unsound}");
        await Figures.WriteAsync(arguments.GetValue(_json), fuzz, stop);
        return errors.Count == 0 && tally.StuckConnections == 0 && tally.Unsound is null;
    }

    private async Task FuzzAsync(FleetServer server, int seed, int lanes, FuzzTally tally, CancellationToken stop)
    {
        using var stopping = stop.Register(() => tally.Stopped = true);
        var running = Task.WhenAll(Enumerable.Range(0, lanes).Select(i => Task.Factory.StartNew(
            new FuzzLane(server.Mqtt, FuzzTally.ConnectTerminals.Length + i, seed + i, tally).Run, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        while (await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(10), clock, stop)) != running)
            await Console.Error.WriteLineAsync($"  {tally.Packets:N0} packets, {tally.Connections:N0} connections, {server.Usage.ResidentBytes / 1048576:N0} MiB");
        await running;
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>A sound client is served as ever: it logs in, and its report is applied.</summary>
    private async Task ServesAsync(FleetServer server, CancellationToken stop)
    {
        var terminals = new BenchTerminals(1, 1);
        using (var load = new FullWindows(server.Mqtt, terminals, 1, clock))
        {
            var running = load.RunAsync();
            while (load.Acknowledged < 100 && !running.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(10), clock, stop);
            load.Stop();
            await running.WaitAsync(TimeSpan.FromSeconds(30), clock, stop);
        }
        var terminal = FuzzTally.ConnectTerminals.Length; // not one of those that may have as many kept sessions as they are allowed
        using var client = new QuietClient(server.Mqtt, terminal, Passwords.Of(terminal), tls: false);
        client.Subscribe(terminal);
    }

    private sealed record FuzzFigures(
        long Packets, long Survived, long Connections, long Accepted, long Stuck, int Errors, long BeforeBytes, long AfterBytes, long PeakBytes, double Seconds)
    {
        public void Print() => Console.WriteLine(
            $"""
            over TCP: {Packets:N0} mutated packets read in {Seconds:N0} s: {Survived:N0} left their connection open, {Packets - Survived:N0} ended it
              {Connections:N0} connections, {Accepted:N0} of them accepted; none is open, {Stuck} had to be given up; {Errors} errors in the log; sound clients are served
              server {BeforeBytes / Mebibyte:N0} MiB before (a twentieth had been sent), {AfterBytes / Mebibyte:N0} MiB after, {PeakBytes / Mebibyte:N0} MiB at most
            """);
    }
}
