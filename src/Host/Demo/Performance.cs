using System.Globalization;
using Fleet.Alerts.Dispatch;
using Fleet.Simulator;
using Fleet.Simulator.Mqtt;
using Fleet.Simulator.Stories;

namespace Fleet.Host.Demo;

/// <summary>Where the demo's server and its surroundings are.</summary>
/// <param name="Influx">Null where there is no InfluxDB.</param>
internal sealed record Stage(Uri Http, int MqttPort, Uri? Influx, int PushPort, string Secret, IReadOnlyList<Registration> Terminals);

/// <summary>One run of the demo against a running server: plays the story, prints what merchants are told, checks it and says what came of it.</summary>
/// <param name="once">Ends with the story and counts everything; otherwise the fleet goes on until stopped.</param>
internal sealed class Performance(Stage stage, bool once, TextWriter output, TimeProvider clock)
{
    /// <summary>After their goodbye silent terminals are offline within 30 s; what is to be seen must be seen before.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(20), s_look = TimeSpan.FromSeconds(0.5), s_statusEvery = TimeSpan.FromMinutes(1);

    private readonly SimulatedClock _simulated = once
        ? SimulatedClock.OverRealTime(clock.GetUtcNow(), speed: 110, TimeSpan.FromSeconds(110))
        : SimulatedClock.OverRealTime(clock.GetUtcNow(), speed: 100, TimeSpan.FromMinutes(3));

    /// <summary>True when all came as it must.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        using var fleet = new RunningFleet(stage.Http);
        await using var receiver = await PushReceiver.StartAsync(stage.PushPort, stage.Secret, clock, Print, stop);
        var story = Story.Demo(Spread(stage.Terminals), _simulated);
        Print(story);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var playing = new FleetSimulation(new SimulationOptions
        {
            Broker = new Broker("127.0.0.1", stage.MqttPort), Terminals = stage.Terminals, Clock = _simulated, Story = story, End = once ? _simulated.CaughtUp : null,
        }, clock).RunAsync(null, ended.Token);
        try
        {
            return once ? await CheckAsync(fleet, receiver, story, await playing, stop) : await GoOnAsync(fleet, receiver, story, playing, stop);
        }
        finally
        {
            await ended.CancelAsync();
            await playing.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Waits until all is as it must be, or it is too late for that, and says how it is.</summary>
    private async Task<bool> CheckAsync(RunningFleet fleet, PushReceiver receiver, Story story, SimulationProgress? end, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var check = StoryCheck.Judge(story.Truths, await fleet.AlertsAsync(stop), receiver.Received);
            var tickets = await fleet.TicketsAsync(stop);
            var figures = await DemoFigures.ReadAsync(stage, fleet, check, receiver, end, _simulated, stop);
            if ((!check.IsGood || figures.Wrong.Count > 0) && clock.GetElapsedTime(began) < s_settled)
            {
                await Task.Delay(s_look, clock, stop);
                continue;
            }
            output.WriteLine();
            StoryTable.Write(output, check, tickets, _simulated, stage.Terminals.Count);
            output.WriteLine();
            foreach (var line in figures.Lines) output.WriteLine(line);
            foreach (var wrong in figures.Wrong) output.WriteLine($"WRONG: {wrong}");
            return check.IsGood && figures.Wrong.Count == 0;
        }
    }

    private async Task<bool> GoOnAsync(RunningFleet fleet, PushReceiver receiver, Story story, Task<SimulationProgress> playing, CancellationToken stop)
    {
        await PlayUntilAsync(playing, _simulated.CaughtUp - clock.GetUtcNow(), stop);
        await CheckAsync(fleet, receiver, story, null, stop);
        output.WriteLine();
        output.WriteLine("The story is over; the fleet goes on, a report a minute from each terminal. Ctrl-C ends it.");
        while (true)
        {
            await PlayUntilAsync(playing, s_statusEvery, stop);
            var alerts = (await fleet.AlertsAsync(stop)).Count(alert => alert.State != "cleared");
            var tickets = (await fleet.TicketsAsync(stop)).Count(ticket => ticket.EndedAt is null);
            output.WriteLine($"{Elapsed()}  {alerts} alerts stand, {tickets} tickets are open; {DemoFigures.HistoryOf(await fleet.JournalAsync(stop))}");
        }
    }

    /// <summary>The simulation has no end of its own: when it ends, it failed.</summary>
    private async Task PlayUntilAsync(Task<SimulationProgress> playing, TimeSpan time, CancellationToken stop)
    {
        if (await Task.WhenAny(playing, Task.Delay(time, clock, stop)) == playing) await playing;
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>The story takes the first terminals of a list: every third of the registry, so that several shops have their part.</summary>
    private static string[] Spread(IReadOnlyList<Registration> terminals) =>
        [.. terminals.Select((terminal, i) => (terminal.Serial, i)).OrderBy(t => t.i % 3).ThenBy(t => t.i).Select(t => t.Serial)];

    private void Print(Story story)
    {
        output.WriteLine($"The story, {StoryTable.Text(_simulated.CaughtUp - _simulated.RealStart)} long; {stage.Terminals.Count} terminals live through {StoryTable.Text(_simulated.CaughtUp - _simulated.Start)}:");
        foreach (var (from, truth) in story.Truths.Select(truth => (truth.IsArrivalTime ? truth.From : _simulated.RealAt(truth.From), truth)).OrderBy(t => t.Item1))
        {
            output.WriteLine($"{Minutes(from - _simulated.RealStart)}  {truth.Serial}  {truth.What}: {(truth.MustAlarm ? truth.Fault : $"must not look like {truth.Fault}")}");
        }
        output.WriteLine();
        output.WriteLine("What merchants are told:");
    }

    private void Print(Push push)
    {
        var title = push.Title == push.EnglishTitle ? push.Title : $"{push.Title} ({push.EnglishTitle})";
        lock (output)
        {
            output.WriteLine($"{Elapsed()}  {push.Terminal}  {push.Merchant}: {(push.Event == Push.Cleared ? "over: " : "")}{title}");
            foreach (var step in once ? [] : push.Steps) output.WriteLine($"         - {step}");
        }
    }

    private string Elapsed() => Minutes(clock.GetUtcNow() - _simulated.RealStart);

    private static string Minutes(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes,4}:{time.Seconds:00}");
}
