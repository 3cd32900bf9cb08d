using Fleet.Simulator.Mqtt;
using Fleet.Simulator.Shops;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator;

/// <summary>
/// A fleet over real MQTT. Terminals report in turn, spread evenly over the interval; the stated interval is the one that
/// passes in reality, because the server measures silence on its own clock.
/// </summary>
public sealed class FleetSimulation(SimulationOptions options, TimeProvider clock)
{
    private static readonly TimeSpan s_progressEvery = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, TerminalConnection> _connections = [];
    private long _sent, _acknowledgedBefore, _cutOff;

    /// <summary>Runs to the end, or until stopped, and says how it went; at the end everything sent is acknowledged.</summary>
    public async Task<SimulationProgress> RunAsync(IProgress<SimulationProgress>? progress, CancellationToken stop)
    {
        var start = options.Clock.Start;
        IPlayer[] terminals = [.. options.Terminals.Select((registration, i) => Player(registration, i, start))];
        var reported = clock.GetTimestamp();
        try
        {
            for (var round = 0; ; round++)
            {
                for (var i = 0; i < terminals.Length; i++)
                {
                    var at = start + round * options.Interval + (double)i / terminals.Length * options.Interval;
                    if (at > options.End) return await CompleteAsync(at, stop);
                    await WaitUntilAsync(options.Clock.RealAt(at), stop);
                    await LiveAsync(terminals[i], options.Terminals[i], at, stop);
                    if (clock.GetElapsedTime(reported) < s_progressEvery) continue;
                    reported = clock.GetTimestamp();
                    progress?.Report(Progress(at));
                }
            }
        }
        finally
        {
            foreach (var connection in _connections.Values) await connection.DisposeAsync();
        }
    }

    private IPlayer Player(Registration registration, int index, DateTimeOffset start) => options.Town is { } town
        ? new TownPlayer(town.Terminal(index))
        : new StoryPlayer(new SimulatedTerminal(options.Story.Adjust(Profile(registration, index)), SeedOf(options.Seed, index), start), options.Story);

    private async Task LiveAsync(IPlayer terminal, Registration registration, DateTimeOffset at, CancellationToken stop)
    {
        var messages = terminal.Advance(at, options.Clock.RealInterval(at, options.Interval), out var isCut);
        if (isCut) await CutPowerAsync(registration.Serial);
        foreach (var message in messages)
        {
            await ConnectionOf(registration).SendAsync(message, stop);
            _sent++;
        }
    }

    /// <summary>A shared connection stays: other terminals speak on it.</summary>
    private async Task CutPowerAsync(string serial)
    {
        if (options.SharedConnections > 0 || !_connections.Remove(serial, out var connection)) return;
        await connection.DisposeAsync();
        _acknowledgedBefore += connection.Acknowledged;
        _cutOff += connection.Sent - connection.Acknowledged;
    }

    private TerminalConnection ConnectionOf(Registration registration)
    {
        var shared = options.SharedConnections;
        var name = shared == 0 ? registration.Serial : $"simulator-{Math.Abs(registration.Serial.GetHashCode(StringComparison.Ordinal) % shared)}";
        if (_connections.TryGetValue(name, out var connection)) return connection;
        var connectionOptions = new ConnectionOptions(name, Terminal: shared == 0 ? registration.Serial : null);
        var broker = shared == 0 && registration.Password is not null ? options.Broker.As(registration.Serial, registration.Password) : options.Broker;
        return _connections[name] = new TerminalConnection(broker, connectionOptions, clock);
    }

    private TerminalProfile Profile(Registration registration, int index) => TerminalProfile.Healthy(
        registration.Serial, new Random(SeedOf(options.Seed, index + 1_000_000)), registration.Model, registration.Carrier);

    private async Task WaitUntilAsync(DateTimeOffset real, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var left = real - clock.GetUtcNow();
        if (left > TimeSpan.FromMilliseconds(1)) await Task.Delay(left, clock, stop);
    }

    private async Task<SimulationProgress> CompleteAsync(DateTimeOffset at, CancellationToken stop)
    {
        foreach (var connection in _connections.Values) await connection.CompleteAsync(stop);
        return Progress(at);
    }

    private SimulationProgress Progress(DateTimeOffset at) => new(
        at, _sent, _acknowledgedBefore + _connections.Values.Sum(c => c.Acknowledged), _cutOff, _connections.Values.Count(c => c.IsConnected),
        _connections.Count, _connections.Values.Sum(c => c.Reconnects));

    /// <summary>The same in every process, unlike <see cref="System.HashCode"/>; SplitMix64's mixing.</summary>
    private static int SeedOf(int seed, int index)
    {
        var mixed = ((ulong)(uint)seed << 32 | (uint)index) + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        return (int)(mixed ^ mixed >> 31);
    }
}
