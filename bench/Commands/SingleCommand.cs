using System.CommandLine;

namespace Fleet.Bench.Commands;

/// <summary>
/// <c>bench single</c>: one message a TCP segment. Every connection has one report under way and sends the next one after its
/// PUBACK, as terminals do; nothing can be read or answered together. Beside it mosquitto, in turns, so that both meet the
/// same machine.
/// </summary>
internal sealed class SingleCommand(TimeProvider clock)
{
    private readonly LoadOptions _load = new(connections: 1_000, window: 1);
    private readonly ServerOptions _server = new();
    private readonly Option<string> _mosquitto = LoadOptions.Mosquitto();
    private readonly Option<bool> _assert = Goals.Assert();
    private readonly Option<int> _rounds = LoadOptions.Whole("--rounds", "How often each is measured, in turns.", 1, 1, 20);
    private readonly Option<bool> _alone = new("--alone") { Description = "Without mosquitto." };

    public Command Create()
    {
        var command = _server.AddTo(_load.AddTo(new Command("single", "One message a TCP segment over many connections, beside mosquitto with one subscriber.")
        {
            _rounds, _alone, _mosquitto, _assert,
        }));
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var loop = new ClosedLoop(arguments, _load, clock);
        var terminals = arguments.GetValue(_load.Connections);
        var (fleets, mosquittos, isSound) = (new List<Figures>(), new List<Figures>(), true);
        for (var round = 0; round < arguments.GetValue(_rounds); round++)
        {
            var (fleet, isThisSound) = await loop.FleetAsync(_server, terminals, TimeSpan.FromSeconds(120), stop);
            isSound &= isThisSound;
            fleets.Add(fleet);
            if (!arguments.GetValue(_alone)) mosquittos.Add(await loop.MosquittoAsync(arguments.GetRequiredValue(_mosquitto), terminals, stop));
        }
        var goals = new Goals(arguments.GetValue(_assert));
        if (mosquittos.Count > 0)
        {
            var (ours, theirs) = (fleets.Average(f => f.ServerMicroseconds), mosquittos.Average(f => f.ServerMicroseconds));
            goals.Check($"no dearer than mosquitto with its subscriber ({ours:F2} against {theirs:F2} µs of server CPU a message)", ours <= theirs);
        }
        await Figures.WriteAsync(arguments.GetValue(_load.Json), fleets.Concat(mosquittos), stop);
        return isSound ? goals.ExitCode : 1;
    }
}
