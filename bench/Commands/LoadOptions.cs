using System.CommandLine;

namespace Fleet.Bench.Commands;

/// <summary>The options that every load has.</summary>
internal sealed class LoadOptions(int connections = 100, int window = 50)
{
    public Option<int> Connections { get; } = Whole("--connections", "MQTT connections.", connections, 1, 10_000);

    public Option<int> Window { get; } = Whole("--window", "Unacknowledged messages a connection may have.", window, 1, 1_000);

    public Option<int> Seconds { get; } = Whole("--seconds", "How long to measure.", 20, 1, 86_400);

    public Option<int> Warmup { get; } = Whole("--warmup", "Seconds of load before measuring.", 10, 0, 3_600);

    public Option<FileInfo?> Json { get; } = JsonFile();

    public static Option<FileInfo?> JsonFile() => new("--json") { Description = "Also write the figures to this file as JSON." };

    public static Option<int> Whole(string name, string description, int byDefault, int least, int most)
    {
        var option = new Option<int>(name) { Description = $"{description} ({least} to {most})", DefaultValueFactory = _ => byDefault };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var value) || value < least || value > most))
                result.AddError($"{name} must be a number from {least} to {most}, not {result.Tokens[0].Value}.");
        });
        return option;
    }

    public static Option<string> Mosquitto() => new("--mosquitto") { Description = "The broker's program.", DefaultValueFactory = _ => "/usr/sbin/mosquitto" };

    public Command AddTo(Command command)
    {
        foreach (var option in new Option[] { Connections, Window, Seconds, Warmup, Json }) command.Options.Add(option);
        return command;
    }
}
