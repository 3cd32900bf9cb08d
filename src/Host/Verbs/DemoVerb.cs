using System.CommandLine;
using Fleet.Host.Demo;
using Fleet.Simulator;
using Fleet.Simulator.Stories;

namespace Fleet.Host.Verbs;

/// <summary>
/// <c>fleet demo</c>: plays the demo's story against a running server, as <c>./demo</c> has it. Exit codes: 0 all came as
/// it must, 1 not so, 2 wrong options, 130 stopped.
/// </summary>
internal sealed class DemoVerb
{
    private readonly Option<Uri> _http = new("--http") { Description = "The server's HTTP address.", DefaultValueFactory = _ => new("http://127.0.0.1:8080"), CustomParser = Address };
    private readonly Option<int> _mqttPort = new("--mqtt-port") { Description = "The server's MQTT port on 127.0.0.1.", DefaultValueFactory = _ => 1883 };
    private readonly Option<Uri?> _influx = new("--influx") { Description = "The InfluxDB that the server writes to; without, points are not counted.", CustomParser = Address };
    private readonly Option<int> _pushPort = new("--push-port") { Description = "The port on 127.0.0.1 to take the merchants' pushes on: the server's Webhook:Url.", Required = true };
    private readonly Option<string> _secret = new("--secret") { Description = "The server's Webhook:Secret.", Required = true };
    private readonly Option<FileInfo> _registry = new Option<FileInfo>("--registry") { Description = "CSV with the terminals and their passwords.", Required = true }.AcceptExistingOnly();
    private readonly Option<bool> _once = new("--once") { Description = "End with the story, and fail where anything is not as it must be." };

    public static Command Create() => new DemoVerb().Describe();

    private Command Describe()
    {
        var command = new Command("demo", "Plays the demo's story against a running server and says what came of it.") { _http, _mqttPort, _influx, _pushPort, _secret, _registry, _once };
        command.SetAction(RunAsync);
        return command;
    }

    private static Uri? Address(System.CommandLine.Parsing.ArgumentResult argument)
    {
        if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttp) return address;
        argument.AddError($"'{argument.Tokens[0].Value}' is no http address.");
        return null;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        try
        {
            var terminals = Registration.Read(arguments.GetRequiredValue(_registry).FullName);
            if (terminals.Count < Story.DemoTerminals) throw new FormatException($"--registry has {terminals.Count} terminals; the story needs {Story.DemoTerminals}.");
            var stage = new Stage(arguments.GetRequiredValue(_http), arguments.GetValue(_mqttPort), arguments.GetValue(_influx),
                arguments.GetValue(_pushPort), arguments.GetRequiredValue(_secret), terminals);
            var isGood = await new Performance(stage, arguments.GetValue(_once), Console.Out, TimeProvider.System).RunAsync(stop);
            Console.WriteLine(isGood ? "Everything came as it must." : "Not everything came as it must.");
            return isGood ? 0 : 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception failure) when (failure is HttpRequestException or UnauthorizedAccessException or IOException or FormatException)
        {
            await Console.Error.WriteLineAsync($"demo: {failure.Message}");
            return failure is FormatException ? 2 : 1;
        }
    }
}
