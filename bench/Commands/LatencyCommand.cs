using System.CommandLine;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary><c>bench latency</c>: at a steady rate, how long PUBLISH to PUBACK takes, and from a terminal's trouble to its push.</summary>
internal sealed class LatencyCommand(TimeProvider clock)
{
    private readonly LoadOptions _load = new();
    private readonly ServerOptions _server = new();
    private readonly Option<int> _rate = LoadOptions.Whole("--rate", "Reports a second.", 13_000, 1, 1_000_000);
    private readonly Option<int> _terminals = LoadOptions.Whole("--terminals", "Terminals that report.", 1_000, 1, 1_000_000);
    private readonly Option<int> _eventRate = LoadOptions.Whole("--event-rate", "Paper-outs and new rolls a second, in turn.", 20, 1, 1_000);
    private readonly Option<int> _eventTerminals = LoadOptions.Whole("--event-terminals", "Terminals that run out of paper, in turn.", 200, 1, 100_000);

    public Command Create()
    {
        var command = _server.AddTo(_load.AddTo(new Command("latency", "Latency of acknowledgements and pushes at a steady rate, counted from when each message was due.")
        {
            _rate, _terminals, _eventRate, _eventTerminals,
        }));
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken stop)
    {
        var paperOuts = new PaperOuts(arguments.GetValue(_eventTerminals), arguments.GetValue(_eventRate), clock);
        using var inbox = new WebhookInbox(paperOuts.Raised);
        await using var server = await _server.StartAsync(arguments,
            [$"--Webhook:Url={inbox.Url}", "--Webhook:Secret=a-secret-of-the-bench"], clock, stop);
        var count = arguments.GetValue(_terminals);
        var terminals = new BenchTerminals(count, Math.Min(count, arguments.GetValue(_load.Connections)));
        using var load = new PacedLoad(server.Mqtt, terminals, paperOuts, arguments.GetValue(_load.Window), arguments.GetValue(_rate), clock);

        load.Start();
        await PassAsync(load, arguments.GetValue(_load.Warmup), stop);
        load.Measure();
        await PassAsync(load, arguments.GetValue(_load.Seconds), stop);
        load.Stop();
        await load.Finished.WaitAsync(TimeSpan.FromSeconds(60), clock, stop);
        await ArriveAsync(paperOuts, TimeSpan.FromSeconds(10), stop);

        var latency = new Latency(arguments.GetValue(_rate), Milliseconds(load, 50), Milliseconds(load, 99), Milliseconds(load, 100),
            paperOuts.Counts.Sent, paperOuts.Counts.Arrived, paperOuts.Percentile(50)?.TotalMilliseconds, paperOuts.Percentile(99)?.TotalMilliseconds);
        latency.Print();
        await Figures.WriteAsync(arguments.GetValue(_load.Json), latency, stop);
        return latency.PushesArrived == latency.PushesExpected ? 0 : 1;
    }

    private static double Milliseconds(PacedLoad load, double percentile) => load.Latency(percentile).TotalMilliseconds;

    private async Task PassAsync(PacedLoad load, int seconds, CancellationToken stop)
    {
        if (await Task.WhenAny(load.Finished, Task.Delay(TimeSpan.FromSeconds(seconds), clock, stop)) == load.Finished) await load.Finished;
        stop.ThrowIfCancellationRequested();
    }

    private async Task ArriveAsync(PaperOuts paperOuts, TimeSpan patience, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        while (paperOuts.Counts is var (sent, arrived) && arrived < sent && clock.GetElapsedTime(began) < patience)
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, stop);
    }

    private sealed record Latency(
        int Rate, double AckP50Ms, double AckP99Ms, double AckMaxMs, long PushesExpected, long PushesArrived, double? PushP50Ms, double? PushP99Ms)
    {
        public void Print() => Console.WriteLine(
            $"""
            {Rate:N0} reports/s
              PUBLISH to PUBACK   p50 {AckP50Ms:F2} ms, p99 {AckP99Ms:F2} ms, max {AckMaxMs:F2} ms
              PUBLISH to webhook  {(PushP50Ms is null ? "none" : $"p50 {PushP50Ms:F1} ms, p99 {PushP99Ms:F1} ms")} ({PushesArrived} of {PushesExpected} arrived)
            """);
    }
}
