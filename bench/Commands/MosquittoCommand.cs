using System.CommandLine;

namespace Fleet.Bench.Commands;

/// <summary><c>bench mosquitto</c>: the same load against mosquitto with one subscriber, for comparison on the same machine.</summary>
internal sealed class MosquittoCommand(TimeProvider clock)
{
    private readonly LoadOptions _load = new();
    private readonly Option<string> _program = LoadOptions.Mosquitto();
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
        var figures = await new ClosedLoop(arguments, _load, clock).MosquittoAsync(arguments.GetRequiredValue(_program), arguments.GetValue(_terminals), stop);
        await Figures.WriteAsync(arguments.GetValue(_load.Json), figures, stop);
        return 0;
    }
}
