using System.CommandLine;
using System.Net;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary><c>bench storm</c>: everybody connects at once and logs in, as after a carrier's outage. Beside it mosquitto with the same certificate and passwords.</summary>
internal sealed class StormCommand(TimeProvider clock)
{
    private readonly ServerOptions _server = new();
    private readonly Option<int> _connections = LoadOptions.Whole("--connections", "Terminals that connect.", 5_000, 1, 1_000_000);
    private readonly Option<int> _warmUp = LoadOptions.Whole("--warmup", "Terminals that connect, and leave, before.", 1_000, 0, 1_000_000);
    private readonly Option<int> _atOnce = LoadOptions.Whole("--at-once", "How many are in their handshake at a time.", 64, 1, 10_000);
    private readonly Option<int> _rounds = LoadOptions.Whole("--rounds", "How often each is measured, in turns.", 1, 1, 20);
    private readonly Option<bool> _tls = new("--tls") { Description = "Over TLS, without resumption." };
    private readonly Option<bool> _alone = new("--alone") { Description = "Without mosquitto." };
    private readonly Option<string> _mosquitto = LoadOptions.Mosquitto();
    private readonly Option<bool> _assert = Goals.Assert();
    private readonly Option<FileInfo?> _json = LoadOptions.JsonFile();

    public Command Create()
    {
        var command = _server.AddTo(new Command("storm", "Connects with password authentication a second, beside mosquitto with the same certificate and passwords.")
        {
            _connections, _warmUp, _atOnce, _rounds, _tls, _alone, _mosquitto, _assert, _json,
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var count = Crowd.Allowed(arguments.GetValue(_connections));
        using var certificate = new Certificate(clock);
        var (fleets, mosquittos) = (new List<Storm>(), new List<Storm>());
        for (var round = 0; round < arguments.GetValue(_rounds); round++)
        {
            fleets.Add(await FleetAsync(arguments, count, certificate, stop));
            if (!arguments.GetValue(_alone)) mosquittos.Add(await MosquittoAsync(arguments, count, certificate, stop));
        }
        var goals = new Goals(arguments.GetValue(_assert));
        if (mosquittos.Count > 0)
        {
            var (ours, theirs) = (fleets.Average(s => s.PerSecond), mosquittos.Average(s => s.PerSecond));
            goals.Check($"at least as many a second as mosquitto ({ours:N0} against {theirs:N0})", ours >= theirs);
        }
        await Figures.WriteAsync(arguments.GetValue(_json), fleets.Concat(mosquittos), stop);
        return goals.ExitCode;
    }

    private async Task<Storm> FleetAsync(ParseResult arguments, int count, Certificate certificate, CancellationToken stop)
    {
        var isTls = arguments.GetValue(_tls);
        await using var server = _server.Of(arguments, isTls ? certificate.Settings : []);
        await server.RegisterAsync(count, stop);
        await server.StartAsync(clock, stop);
        return await MeasureAsync("fleet", arguments, isTls ? server.MqttTls : server.Mqtt, count, () => server.Usage, stop);
    }

    private async Task<Storm> MosquittoAsync(ParseResult arguments, int count, Certificate certificate, CancellationToken stop)
    {
        using var passwords = await PasswordFile.CreateAsync(count, stop);
        var settings = $"allow_anonymous false\npassword_file {passwords.Path}";
        if (arguments.GetValue(_tls)) settings += $"\ncertfile {certificate.CertificateFile}\nkeyfile {certificate.KeyFile}";
        await using var broker = await Mosquitto.StartAsync(arguments.GetRequiredValue(_mosquitto), clock, stop, settings);
        return await MeasureAsync($"mosquitto ({passwords.Hashing})", arguments, broker.Mqtt, count, () => broker.BrokerUsage, stop);
    }

    private async Task<Storm> MeasureAsync(string name, ParseResult arguments, IPEndPoint endpoint, int count, Func<Usage> usage, CancellationToken stop)
    {
        var isTls = arguments.GetValue(_tls);
        Crowd Crowd() => new(endpoint, isTls, withPasswords: true, subscribe: false, arguments.GetValue(_atOnce));
        using (var first = Crowd()) await first.GatherAsync(Math.Min(count, arguments.GetValue(_warmUp)), stop);
        using var crowd = Crowd();
        var (began, server, self) = (clock.GetTimestamp(), usage(), Usage.OfSelf);
        await crowd.GatherAsync(count, stop);
        var seconds = clock.GetElapsedTime(began).TotalSeconds;
        (server, self) = (usage() - server, Usage.OfSelf - self);
        var storm = new Storm(name, count, isTls, Math.Round(count / seconds), Math.Round(server.Total.TotalMilliseconds / count, 3), Math.Round(self.Total.TotalMilliseconds / count, 3));
        Console.WriteLine($"{name}: {storm.PerSecond:N0} {(isTls ? "TLS " : "")}connects with password/s, {storm.ServerMilliseconds:F2} ms of server CPU each (generator {storm.GeneratorMilliseconds:F2} ms)");
        return storm;
    }

    private sealed record Storm(string Name, int Connections, bool Tls, double PerSecond, double ServerMilliseconds, double GeneratorMilliseconds);
}
