using System.CommandLine;
using System.Globalization;
using Fleet.Simulator;
using Fleet.Simulator.Mqtt;
using Fleet.Simulator.Replay;
using Fleet.Simulator.Shops;
using Fleet.Simulator.Stories;

namespace Fleet.Host.Verbs;

/// <summary>
/// <c>fleet simulate</c>: believable terminals, or recorded radio, over real MQTT. Exit codes: 0 done and everything
/// acknowledged but what the story cut off, 1 it failed, 2 the options contradict each other, 130 stopped.
/// </summary>
public sealed class SimulateVerb
{
    private static readonly TimeSpan s_catchUpBehind = TimeSpan.FromHours(6);
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Option<string> _host = new("--host") { Description = "The broker's host.", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int> _port = new("--port") { Description = "The broker's port.", DefaultValueFactory = _ => 1883 };
    private readonly Option<string?> _user = new("--user") { Description = "User name for terminals that have no password of their own in the registry." };
    private readonly Option<string?> _password = new("--password") { Description = "Their password; without --user, each terminal logs in as its own serial with it." };
    private readonly Option<int> _terminals = new("--terminals") { Description = "How many terminals; with --registry, the first so many of it.", DefaultValueFactory = _ => 24 };
    private readonly Option<FileInfo?> _registry = new Option<FileInfo?>("--registry") { Description = "CSV to take serials, models, carriers and passwords from." };
    private readonly Option<int> _connections = new("--connections") { Description = "Share so many connections; 0: one for each terminal, with its last will." };
    private readonly Option<int> _interval = new("--interval") { Description = "Simulated seconds between two reports of a terminal.", DefaultValueFactory = _ => 60 };
    private readonly Option<double> _speed = new("--speed")
    {
        Description = "Simulated seconds per second. A simulation starts in the past and at this speed catches up with the present; a replay at 0 goes as fast as it is acknowledged.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<int?> _seconds = new("--seconds") { Description = "Real seconds to run, catching up at the end; without, until stopped." };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed gives the same fleet.", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _story = new Option<string>("--story") { Description = "demo: known faults on eight terminals; fleet: a town of shops with hours, rushes, breakdowns and outages, as bench detect has it; none: all stay well.", DefaultValueFactory = _ => "none" }.AcceptOnlyFromAmong("demo", "fleet", "none");
    private readonly Option<int> _days = new("--days") { Description = "Days that the story fleet lasts, its troubles spread over them; then it ends.", DefaultValueFactory = _ => 2 };
    private readonly Option<FileInfo?> _town = new("--write-registry") { Description = "Play nothing: write the registry of the story fleet to this file, for terminals import." };
    private readonly Option<DirectoryInfo?> _replay = new Option<DirectoryInfo?>("--replay") { Description = "Replay the recorded radio sessions under this folder instead." };
    private readonly Option<DateTimeOffset?> _start = new("--start")
    {
        Description = "Simulated time of the beginning, ISO 8601. Without it: a replay's longest session ends now; a simulation starts so that it ends now, or six hours ago where it has a speed and no end.",
    };

    public static Command Create() => new SimulateVerb().Describe();

    private Command Describe()
    {
        var command = new Command("simulate", "Plays a fleet of believable terminals, or recorded radio, over MQTT.")
        {
            _host, _port, _terminals, _connections, _interval, _speed, _seconds, _seed, _story, _days, _town, _replay, _start, _registry, _user, _password,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        if (Contradiction(arguments) is { } contradiction)
        {
            await Console.Error.WriteLineAsync($"simulate: {contradiction}");
            return 2;
        }
        var broker = new Broker(arguments.GetRequiredValue(_host), arguments.GetValue(_port), arguments.GetValue(_user), arguments.GetValue(_password));
        try
        {
            return arguments.GetValue(_replay) is { } folder
                ? await ReplayAsync(folder, broker, arguments, stop)
                : await SimulateAsync(broker, arguments, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return 130;
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException or FormatException or ArgumentException)
        {
            await Console.Error.WriteLineAsync($"simulate: {failure.Message}");
            return failure is ArgumentException ? 2 : 1;
        }
    }

    /// <summary>What is wrong with the options taken together; their defaults are known only now.</summary>
    private string? Contradiction(ParseResult arguments)
    {
        var (speed, terminals) = (arguments.GetValue(_speed), arguments.GetValue(_terminals));
        var isDemo = arguments.GetValue(_story) == "demo";
        if (arguments.GetValue(_replay) is not null) return speed < 0 ? $"--speed must be 0 or more, not {speed}." : null;
        if (speed < 1) return $"--speed must be 1 or more, not {speed}; only a replay can run at 0.";
        if (terminals < 1 || arguments.GetValue(_interval) < 1) return "--interval and --terminals must be 1 or more.";
        var isTown = arguments.GetValue(_story) == "fleet";
        if (!isTown && arguments.GetValue(_town) is not null) return "--write-registry is for --story fleet.";
        if (isTown && arguments.GetValue(_registry) is not null) return "--story fleet has terminals of its own; --write-registry writes them down.";
        if (isTown && arguments.GetValue(_days) is < 2 or > 366) return "--days must be 2 to 366.";
        if (isDemo && terminals < Story.DemoTerminals) return $"--story demo needs --terminals {Story.DemoTerminals} or more, not {terminals}.";
        if (isDemo && arguments.GetValue(_seconds) is null && speed <= 1) return "--story demo needs an end (--seconds) or a past to catch up with (--speed above 1).";
        return null;
    }

    private async Task<int> ReplayAsync(DirectoryInfo folder, Broker broker, ParseResult arguments, CancellationToken stop)
    {
        var sessions = RadioSession.ReadAll(folder.FullName);
        var start = arguments.GetValue(_start) ?? RadioReplay.LatestStart(sessions, _clock.GetUtcNow());
        Console.WriteLine($"Replaying {sessions.Count} sessions, {sessions.Sum(s => s.Rows.Count):N0} rows, from {start:O}.");
        var done = 0;
        var progress = new Lines<ReplayedSession>(s => $"{++done} of {sessions.Count}: {s.Serial}, {s.Acknowledged:N0} of {s.Rows:N0} rows acknowledged, {s.Reconnects} reconnects");
        var replayed = await RadioReplay.RunAsync(sessions, broker, arguments.GetValue(_speed), start, _clock, progress, stop);
        Console.WriteLine($"Done: {replayed.Sum(s => s.Acknowledged):N0} rows acknowledged.");
        return replayed.All(s => s.Acknowledged == s.Rows) ? 0 : 1;
    }

    private async Task<int> SimulateAsync(Broker broker, ParseResult arguments, CancellationToken stop)
    {
        var simulated = Clock(arguments);
        var seconds = arguments.GetValue(_seconds);
        var town = arguments.GetValue(_story) == "fleet"
            ? new BelievableFleet(arguments.GetValue(_terminals), arguments.GetValue(_days), simulated.Start.ToUnixTimeMilliseconds(), (ulong)(uint)arguments.GetValue(_seed))
            : null;
        var terminals = town is null ? Terminals(arguments) : TownRegistry.Registrations(town, OwnPassword(arguments));
        if (town is not null && arguments.GetValue(_town) is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, TownRegistry.Csv(town, OwnPassword(arguments)), stop);
            return 0;
        }
        if (town is not null) Tell(town);
        var story = arguments.GetValue(_story) == "demo" ? Story.Demo([.. terminals.Select(t => t.Serial)], simulated) : Story.None;
        foreach (var truth in story.Truths)
            Console.WriteLine($"{truth.Serial}: {truth.What}, {truth.From:t} to {truth.To:t} UTC; {truth.Fault} must {(truth.MustAlarm ? "" : "not ")}alarm");
        var options = new SimulationOptions
        {
            Broker = broker, Terminals = terminals, Clock = simulated, Story = story, Town = town, Seed = arguments.GetValue(_seed),
            Interval = TimeSpan.FromSeconds(arguments.GetValue(_interval)), SharedConnections = arguments.GetValue(_connections),
            End = seconds is not null ? simulated.CaughtUp : town is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(town.EndMs),
        };
        var progress = new Lines<SimulationProgress>(Describe);
        var end = await new FleetSimulation(options, _clock).RunAsync(progress, stop);
        Console.WriteLine($"Done: {Describe(end)}");
        return end.Acknowledged + end.CutOff == end.Sent ? 0 : 1;
    }

    private static string Describe(SimulationProgress p) => string.Create(CultureInfo.InvariantCulture,
        $"{p.SimulatedTime:yyyy-MM-dd HH:mm:ss}Z, {p.Sent:N0} sent, {p.Acknowledged:N0} acknowledged, {p.CutOff:N0} cut off, {p.Connected} of {p.Connections} connections up, {p.Reconnects} reconnects");

    private Registration[] Terminals(ParseResult arguments)
    {
        var count = arguments.GetValue(_terminals);
        var ownPassword = OwnPassword(arguments);
        return arguments.GetValue(_registry) is { } file
            ? [.. Registration.Read(file.FullName).Take(count)]
            : [.. Enumerable.Range(1, count).Select(i => new Registration($"SIM-{i:D6}", "PAX A920", "46000", ownPassword))];
    }

    private string? OwnPassword(ParseResult arguments) => arguments.GetValue(_user) is null ? arguments.GetValue(_password) : null;

    /// <summary>What will befall the town.</summary>
    private static void Tell(BelievableFleet town)
    {
        foreach (var truth in town.Truths.OrderBy(truth => truth.FromMs))
            Console.WriteLine($"{DateTimeOffset.FromUnixTimeMilliseconds(truth.FromMs):yyyy-MM-dd HH:mm}Z to {DateTimeOffset.FromUnixTimeMilliseconds(truth.ToMs):yyyy-MM-dd HH:mm}Z {truth.Group ?? FleetTerminal.SerialOf(truth.Terminals[0])}: {truth.Ailment}; {truth.Fault} must {(truth.MustAlarm ? "" : "not ")}alarm");
    }

    private SimulatedClock Clock(ParseResult arguments)
    {
        var (now, speed) = (_clock.GetUtcNow(), arguments.GetValue(_speed));
        if (arguments.GetValue(_start) is { } start) return SimulatedClock.From(start, now, speed);
        if (arguments.GetValue(_seconds) is { } seconds) return SimulatedClock.OverRealTime(now, speed, TimeSpan.FromSeconds(seconds));
        return SimulatedClock.From(speed > 1 ? now - s_catchUpBehind : now, now, speed);
    }

    /// <summary>One line each, to standard error, also where it is no terminal.</summary>
    private sealed class Lines<T>(Func<T, string> text) : IProgress<T>
    {
        public void Report(T value)
        {
            lock (this) Console.Error.WriteLine(text(value));
        }
    }
}
