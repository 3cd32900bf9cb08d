using System.CommandLine;

namespace Fleet.Bench.Commands;

/// <summary><c>bench run</c>: how many durable QoS 1 messages a second the server takes, what each costs, and whether every one was applied once.</summary>
internal sealed class RunCommand(TimeProvider clock)
{
    private const int GoalMessagesPerSecond = 160_000;
    private const double GoalMicroseconds = 9;
    private readonly LoadOptions _load = new();
    private readonly ServerOptions _server = new();
    private readonly Option<string> _mosquitto = LoadOptions.Mosquitto();
    private readonly Option<bool> _assert = Goals.Assert();
    private readonly Option<bool> _compare = new("--compare") { Description = "Afterwards the same load on mosquitto with one subscriber, in memory, nothing durable." };
    private readonly Option<int> _settle = LoadOptions.Whole("--settle", "Seconds the server may take afterwards to apply what it acknowledged.", 120, 1, 3_600);
    private readonly Option<int[]> _terminals = new("--terminals")
    {
        Description = "Terminals; repeat it for several runs, each with a fresh server.",
        DefaultValueFactory = _ => [1_000, 100_000],
        AllowMultipleArgumentsPerToken = true,
    };

    public Command Create()
    {
        var command = _server.AddTo(_load.AddTo(new Command("run", "Peak throughput of a Fleet server started for it, and proof that nothing was lost or doubled.")
        {
            _terminals, _settle, _compare, _mosquitto, _assert,
        }));
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var loop = new ClosedLoop(arguments, _load, clock);
        var goals = new Goals(arguments.GetValue(_assert));
        var (all, isSound) = (new List<Figures>(), true);
        foreach (var count in arguments.GetValue(_terminals)!)
        {
            var (fleet, isThisSound) = await loop.FleetAsync(_server, count, TimeSpan.FromSeconds(arguments.GetValue(_settle)), stop);
            isSound &= isThisSound;
            all.Add(fleet);
            if (arguments.GetValue(_compare)) all.Add(await loop.MosquittoAsync(arguments.GetRequiredValue(_mosquitto), count, stop));
            goals.Check($"at least {GoalMessagesPerSecond:N0} messages/s", fleet.MessagesPerSecond >= GoalMessagesPerSecond);
            goals.Check($"at most {GoalMicroseconds} µs of server CPU a message", fleet.ServerMicroseconds <= GoalMicroseconds);
        }
        await Figures.WriteAsync(arguments.GetValue(_load.Json), all, stop);
        return isSound ? goals.ExitCode : 1;
    }
}
