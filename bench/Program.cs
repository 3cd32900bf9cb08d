using System.CommandLine;
using System.CommandLine.Help;
using Fleet.Bench.Commands;

// The load runner behind `./fleet bench`. Linux only: it asks epoll for readiness and /proc for CPU time. Exit codes: 0 all
// well, 1 something measured was wrong or failed, 2 wrong arguments.
var bench = new Command("bench", "Loads a server over raw MQTT 3.1.1 and measures what a message costs it.")
{
    new RunCommand(TimeProvider.System).Create(),
    new SingleCommand(TimeProvider.System).Create(),
    new LatencyCommand(TimeProvider.System).Create(),
    new IdleCommand(TimeProvider.System).Create(),
    new StormCommand(TimeProvider.System).Create(),
    new OverloadCommand(TimeProvider.System).Create(),
    new KillCommand(TimeProvider.System).Create(),
    new ReplayCommand(TimeProvider.System).Create(),
    new ScaleCommand(TimeProvider.System).Create(),
    new FuzzCommand(TimeProvider.System).Create(),
    new NabCommand(TimeProvider.System).Create(),
    new MosquittoCommand(TimeProvider.System).Create(),
    new DetectCommand(TimeProvider.System).Create(),
};
var arguments = new Command("fleet") { new HelpOption(), new VersionOption(), bench }.Parse(["bench", .. args]);
if (arguments.Errors.Count > 0)
{
    await arguments.InvokeAsync();
    return 2;
}
try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is IOException or HttpRequestException or System.Net.Sockets.SocketException or TimeoutException)
{
    await Console.Error.WriteLineAsync($"bench: {failure.Message}");
    return 1;
}
