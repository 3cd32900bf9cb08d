using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary><c>bench idle</c>: what a terminal that is connected and says nothing costs in resident memory.</summary>
internal sealed class IdleCommand(TimeProvider clock)
{
    private const int WarmUp = 500, AtOnce = 64;
    private const double GoalKibibytes = 20, GoalTlsKibibytes = 50;
    private readonly ServerOptions _server = new();
    private readonly Option<int> _connections = LoadOptions.Whole("--connections", "MQTT connections.", 20_000, 1, 1_000_000);
    private readonly Option<int> _settle = LoadOptions.Whole("--settle", "Seconds between the last connection and the measurement.", 15, 0, 3_600);
    private readonly Option<bool> _tls = new("--tls") { Description = "Over TLS." };
    private readonly Option<bool> _anonymous = new("--anonymous") { Description = "Without logging in: the connection alone, without the terminal that the server knows behind it." };
    private readonly Option<bool> _assert = Goals.Assert();
    private readonly Option<FileInfo?> _json = LoadOptions.JsonFile();

    public Command Create()
    {
        var command = _server.AddTo(new Command("idle", "Resident memory of a connected terminal that is subscribed to its commands and says nothing.")
        {
            _connections, _settle, _tls, _anonymous, _assert, _json,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var count = Crowd.Allowed(arguments.GetValue(_connections));
        var (isTls, logsIn) = (arguments.GetValue(_tls), !arguments.GetValue(_anonymous));
        using var certificate = new Certificate(clock);
        await using var server = _server.Of(arguments, isTls ? certificate.Settings : []);
        if (logsIn) await server.RegisterAsync(count, stop);
        await server.StartAsync(clock, stop);
        var endpoint = isTls ? server.MqttTls : server.Mqtt;

        using (var first = new Crowd(endpoint, isTls, logsIn, subscribe: true, AtOnce)) await first.GatherAsync(Math.Min(WarmUp, count), stop);
        await server.EmptyAsync(clock, stop);
        var before = server.Usage;
        long resident, peak;
        using (var crowd = new Crowd(endpoint, isTls, logsIn, subscribe: true, AtOnce))
        {
            await crowd.GatherAsync(count, stop);
            await Task.Delay(TimeSpan.FromSeconds(arguments.GetValue(_settle)), clock, stop);
            (resident, peak) = (server.Usage.ResidentBytes, server.Usage.PeakBytes);
        }
        await server.EmptyAsync(clock, stop);

        var idle = new Idle(count, isTls, logsIn, before.ResidentBytes, resident, peak, server.Usage.ResidentBytes, Math.Round((resident - before.ResidentBytes) / 1024.0 / count, 2));
        idle.Print();
        var goal = isTls ? GoalTlsKibibytes : GoalKibibytes;
        var goals = new Goals(arguments.GetValue(_assert));
        goals.Check($"at most {goal} KiB each", idle.KibibytesEach <= goal);
        await Figures.WriteAsync(arguments.GetValue(_json), idle, stop);
        return goals.ExitCode;
    }

    private sealed record Idle(int Connections, bool Tls, bool LoggedIn, long BeforeBytes, long IdleBytes, long PeakBytes, long AfterBytes, double KibibytesEach)
    {
        private const double Mebibyte = 1024 * 1024;

        public void Print() => Console.WriteLine(
            $"""
            {Connections:N0} idle {(Tls ? "TLS" : "plain")} connections of {(LoggedIn ? "terminals that logged in" : "anonymous clients")}: {KibibytesEach:F1} KiB resident each
              server {BeforeBytes / Mebibyte:N0} MiB before ({WarmUp} had come and gone), {IdleBytes / Mebibyte:N0} MiB with them, {PeakBytes / Mebibyte:N0} MiB at most, {AfterBytes / Mebibyte:N0} MiB when they had gone
            """);
    }
}
