using System.CommandLine;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>How the Fleet under test is started.</summary>
internal sealed class ServerOptions
{
    private readonly Option<FileInfo> _host = new Option<FileInfo>("--server") { Description = "Path of Fleet.Host.dll.", Required = true }.AcceptExistingOnly();
    private readonly Option<string[]> _environment = new("--env") { Description = "NAME=VALUE in the server's environment alone; repeat it for more." };
    private readonly Argument<string[]> _settings =
        new("settings") { Description = "After --: more settings for the server, e.g. -- --Influx:Api=v1.", Arity = ArgumentArity.ZeroOrMore };

    public Command AddTo(Command command)
    {
        command.Options.Add(_host);
        command.Options.Add(_environment);
        command.Arguments.Add(_settings);
        return command;
    }

    /// <param name="settings">What the command needs; the user's own follow and win.</param>
    public Task<FleetServer> StartAsync(ParseResult arguments, IEnumerable<string> settings, TimeProvider clock, CancellationToken stop) =>
        FleetServer.StartAsync(Of(arguments, settings), clock, stop);

    /// <summary>A server that does not run yet.</summary>
    public FleetServer Of(ParseResult arguments, IEnumerable<string> settings) => new(
        arguments.GetRequiredValue(_host).FullName, [.. settings, .. arguments.GetValue(_settings) ?? []], arguments.GetValue(_environment) ?? []);
}
