using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;
using Fleet.Tests.Shared;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench kill</c>: SIGKILL at random moments, some of them while the server starts, under QoS 1 and 2 from clients that
/// remember what was acknowledged. In the end every report must have been applied once, have one point, and one alert
/// where there was one cause.
/// </summary>
internal sealed class KillCommand(TimeProvider clock)
{
    private const string Fault = "paper-out";
    private readonly ServerOptions _server = new();
    private readonly Option<int> _kills = LoadOptions.Whole("--kills", "How often the server is killed.", 100, 1, 100_000);
    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "Terminals, every other at QoS 2.", 200, 2, 10_000);
    private readonly Option<int> _period = LoadOptions.Whole("--period", "Milliseconds between two reports of a terminal.", 50, 1, 60_000);
    private readonly Option<int> _longest = LoadOptions.Whole("--longest", "Milliseconds that the server lives at most once it acknowledges.", 1_500, 1, 600_000);
    private readonly Option<int?> _seed = new("--seed") { Description = "The moments of an earlier run." };

    public Command Create()
    {
        var command = _server.AddTo(new Command("kill", "SIGKILLs at random moments under QoS 1 and 2: nothing acknowledged is lost, nothing doubled.")
        {
            _kills, _terminals, _period, _longest, _seed,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var seed = arguments.GetValue(_seed) ?? Random.Shared.Next();
        var (random, kills, began) = (new Random(seed), arguments.GetValue(_kills), clock.GetTimestamp());
        Console.WriteLine($"seed {seed}");
        using var sink = new PointSink();
        await using var server = await _server.StartAsync(arguments,
            ["--Influx:Api=v1", $"--Influx:Url={sink.Url}", "--Influx:RetryLongest=00:00:01", "--Journal:Checkpoint=00:00:00.3"], clock, stop); // kills fall into checkpoints, too
        await using var crowd = new CarefulCrowd(arguments.GetValue(_terminals), TimeSpan.FromMilliseconds(arguments.GetValue(_period)), server.Mqtt.Port, clock, stop);

        var duringStart = 0;
        for (var kill = 1; kill <= kills; kill++)
        {
            if (kill == kills / 2) crowd.RunOutOfPaper();
            var acknowledged = crowd.Acknowledged;
            while (crowd.Acknowledged == acknowledged) // it serves
            {
                await crowd.CheckAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(10), clock, stop);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(arguments.GetValue(_longest))), clock, stop);
            await server.KillAsync();
            if (kill < kills && random.Next(5) == 0)
            {
                (duringStart, kill) = (duringStart + 1, kill + 1);
                server.Launch();
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(3_000)), clock, stop);
                await server.KillAsync();
            }
            await server.StartAsync(clock, stop);
            if (kill % 10 == 0) await Console.Error.WriteLineAsync($"  {kill} kills, {crowd.Acknowledged:N0} acknowledged");
        }
        await Task.Delay(TimeSpan.FromSeconds(2), clock, stop);
        await crowd.EndAsync(TimeSpan.FromMinutes(2), clock, stop);

        var wrong = await WrongAsync(server, sink, crowd, stop);
        foreach (var line in wrong) Console.WriteLine($"  WRONG {line}");
        var sent = crowd.Terminals.Select((terminal, i) => (terminal.Sent, Qos: CarefulCrowd.QosOf(i))).ToLookup(t => t.Qos, t => t.Sent);
        Console.WriteLine(
            $"""
            {kills} kills ({duringStart} while it started) in {clock.GetElapsedTime(began).TotalSeconds:N0} s: {sent[1].Sum():N0} reports acknowledged at QoS 1, {sent[2].Sum():N0} at QoS 2, of {crowd.Terminals.Count} terminals
              points: {sink.Repeated:N0} written again, the same; {sink.Changed} changed
              {(wrong.Count == 0 ? "every report was applied once and has one point; one alert each" : $"{wrong.Count} things are wrong")}
            """);
        return wrong.Count == 0 ? 0 : 1;
    }

    /// <summary>What is not as it must be, after the server had its time.</summary>
    private async Task<List<string>> WrongAsync(FleetServer server, PointSink sink, CarefulCrowd crowd, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        var wrong = new List<string>();
        foreach (var terminal in crowd.Terminals)
        {
            string? problem;
            while ((problem = await ProblemAsync(server, sink, terminal, stop)) is not null && clock.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
                await Task.Delay(TimeSpan.FromMilliseconds(200), clock, stop);
            if (problem is not null) wrong.Add(problem);
        }
        if (sink.Changed > 0) wrong.Add($"{sink.Changed} points came again with other fields");
        return wrong;
    }

    private static async Task<string?> ProblemAsync(FleetServer server, PointSink sink, CarefulTerminal terminal, CancellationToken stop)
    {
        var (n, sum) = (terminal.Sent, terminal.Sent * (terminal.Sent + 1) / 2);
        var (reports, seqSum) = await server.AppliedAsync(terminal.Serial, stop);
        if (reports != n || seqSum != sum) return $"{terminal.Serial}: {reports} applied with the sum {seqSum}, {n} acknowledged with the sum {sum}";
        var points = sink.PointsOf(terminal.Serial);
        if (points != n) return $"{terminal.Serial}: {points} points, {n} reports";
        var (alerts, expected) = (await server.AlertsAsync(terminal.Serial, Fault, stop), terminal.Trouble == PaperTrouble.Out ? "open" : "");
        return alerts == expected ? null : $"{terminal.Serial}: alerts '{alerts}', expected '{expected}'";
    }
}
