using System.Text.Json;
using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>What one closed-loop run measured; CPU per message is microseconds, user and kernel time of all threads.</summary>
internal sealed record Figures(
    string Name, int Terminals, double MessagesPerSecond, double ServerMicroseconds, double ServerUserMicroseconds,
    double ServerSystemMicroseconds, double GeneratorMicroseconds, double ServerMebibytes, double ServerPeakMebibytes)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Runs the load through warm-up and measurement, and drains it.</summary>
    /// <param name="usage">What the server has used so far.</param>
    public static async Task<Figures> MeasureAsync(
        string name, FullWindows load, int terminals, Func<Usage> usage, TimeSpan warmup, TimeSpan length, TimeProvider clock, CancellationToken stop)
    {
        var running = load.RunAsync();
        await PassAsync(load, running, "warming up", warmup, clock, stop);
        var (began, server, self, acknowledged) = (clock.GetTimestamp(), usage(), Usage.OfSelf, load.Acknowledged);
        await PassAsync(load, running, "measuring", length, clock, stop);
        var seconds = clock.GetElapsedTime(began).TotalSeconds;
        (server, self, acknowledged) = (usage() - server, Usage.OfSelf - self, load.Acknowledged - acknowledged);
        load.Stop();
        await running.WaitAsync(TimeSpan.FromSeconds(60), clock, stop);

        double PerMessage(TimeSpan cpu) => Math.Round(cpu.TotalMicroseconds / Math.Max(1, acknowledged), 2);
        const double Mebibyte = 1024 * 1024;
        return new Figures(name, terminals, Math.Round(acknowledged / seconds), PerMessage(server.Total), PerMessage(server.User),
            PerMessage(server.System), PerMessage(self.Total), Math.Round(server.ResidentBytes / Mebibyte), Math.Round(server.PeakBytes / Mebibyte));
    }

    public void Print() => Console.WriteLine(
        $"""
        {Name}, {Terminals:N0} terminals: {MessagesPerSecond:N0} messages/s
          server     {ServerMicroseconds:F2} µs CPU/message (user {ServerUserMicroseconds:F2}, kernel {ServerSystemMicroseconds:F2}), {ServerMebibytes:N0} MiB resident, {ServerPeakMebibytes:N0} MiB at most
          generator  {GeneratorMicroseconds:F2} µs CPU/message
        """);

    public static async Task WriteAsync(FileInfo? file, object figures, CancellationToken stop)
    {
        if (file is not null) await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(figures, s_json), stop);
    }

    /// <summary>Lets time pass, with a line of progress every five seconds; ends early with the load's own failure.</summary>
    private static async Task PassAsync(FullWindows load, Task running, string phase, TimeSpan length, TimeProvider clock, CancellationToken stop)
    {
        for (var left = length; left > TimeSpan.Zero;)
        {
            var step = left < TimeSpan.FromSeconds(5) ? left : TimeSpan.FromSeconds(5);
            var before = load.Acknowledged;
            if (await Task.WhenAny(running, Task.Delay(step, clock, stop)) == running) await running;
            stop.ThrowIfCancellationRequested();
            left -= step;
            await Console.Error.WriteLineAsync($"  {phase}: {(load.Acknowledged - before) / step.TotalSeconds:N0} messages/s, {left.TotalSeconds:N0} s to go");
        }
    }
}
