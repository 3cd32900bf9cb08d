using Fleet.House_Tests.Running;
using Fleet.Simulator.Mqtt;
using Fleet.Simulator.Replay;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests.Radio;

/// <summary>
/// All recorded radio through the whole program into a real InfluxDB: every row becomes its point, and every weak-signal
/// alert is the oracle's, also when the program is killed again and again on the way.
/// </summary>
public sealed class RadioReplayTests
{
    private const int Kills = 3;
    private const string Database = "fleet";
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Every_recorded_row_becomes_a_point_and_every_alert_is_the_oracles()
    {
        await using var replay = await Replay.StartAsync();
        await replay.RunAsync(speed: 0);
        await replay.HasEveryPointAsync();
        await replay.HasTheOraclesAlertsAsync();
    }

    [Fact]
    public async Task Three_kills_at_random_moments_change_nothing()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"The kills' seed is {seed}");
        var random = new Random(seed);
        await using var replay = await Replay.StartAsync();
        // The longest session takes 7,752 s: at this speed about 16 s, and nearly all moments fall within them.
        var running = replay.RunAsync(speed: 500);
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5 + 3.5 * random.NextDouble()), TestContext.Current.CancellationToken);
            await replay.Fleet.KillAsync();
            await replay.Fleet.StartAsync();
        }
        await running;
        await replay.HasEveryPointAsync();
        await replay.HasTheOraclesAlertsAsync();
    }

    [Fact]
    public async Task An_InfluxDB_that_is_away_for_a_while_misses_nothing()
    {
        // So small a queue that most rows must wait in the journal and are read again from there.
        await using var replay = await Replay.StartAsync("--Influx:QueueBytes=1048576", "--Influx:BatchBytes=65536", "--Influx:RetryLongest=00:00:01");
        var running = replay.RunAsync(speed: 500);
        await Eventually.ReachAsync(replay.PointsAsync, points => points.Values.Sum() > 0);
        await replay.Influx.KillAsync(); // it would wait half a minute for its open connections
        await running;
        var health = await replay.Fleet.Api.GetAsync("/health/ready");
        Assert.True(health?.GetProperty("parts").GetProperty("journal").GetProperty("historyBehind").GetBoolean());
        await replay.Influx.StartAsync();
        await replay.HasEveryPointAsync();
    }

    private sealed class Replay(string folder, InfluxServer influx, FleetProcess fleet) : IAsyncDisposable
    {
        private readonly IReadOnlyList<RadioSession> _sessions = RadioSession.ReadAll(folder);
        private DateTimeOffset _start;

        public FleetProcess Fleet => fleet;
        public InfluxServer Influx => influx;

        public static async Task<Replay> StartAsync(params string[] settings)
        {
            var folder = SharedFolder.Find("data", "radio");
            var influx = new InfluxServer();
            await influx.StartAsync();
            await influx.QueryAsync("", $"create database {Database}"); // so that asking it is no error before its first point
            var fleet = await FleetProcess.StartAsync(
                [.. (string[])["--Mqtt:AllowAnonymous=true", $"--Influx:Url={influx.Url}", "--Influx:Api=v1", $"--Influx:Database={Database}"], .. settings]);
            return new Replay(folder, influx, fleet);
        }

        public async Task RunAsync(double speed)
        {
            _start = RadioReplay.LatestStart(_sessions, TimeProvider.System.GetUtcNow());
            var broker = new Broker("127.0.0.1", fleet.MqttPort);
            var replayed = await RadioReplay.RunAsync(_sessions, broker, speed, _start, TimeProvider.System, progress: null, TestContext.Current.CancellationToken);
            Assert.All(replayed, session => Assert.Equal(session.Rows, session.Acknowledged));
        }

        public async Task HasEveryPointAsync()
        {
            var expected = _sessions.ToDictionary(
                session => session.Serial, session => (long)session.Rows.Select(row => row.RecordedAt).Distinct().Count());
            var actual = await Eventually.ReachAsync(PointsAsync, points => expected.All(e => points.GetValueOrDefault(e.Key) == e.Value), s_settling);
            Assert.Equal(expected.OrderBy(e => e.Key), actual.OrderBy(a => a.Key));
        }

        public async Task HasTheOraclesAlertsAsync()
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.csv", SearchOption.AllDirectories))
            {
                var serial = RadioSession.Read(path).Serial;
                var expected = RadioOracle.WeakSignals(RadioOracle.Read(path, _start));
                var actual = await Eventually.ReachAsync(() => AlertsAsync(serial), alerts => alerts.SequenceEqual(expected));
                Assert.True(actual.SequenceEqual(expected), $"{serial}: expected {string.Join(", ", expected)}; got {string.Join(", ", actual)}");
            }
        }

        public async ValueTask DisposeAsync()
        {
            await fleet.DisposeAsync();
            await influx.DisposeAsync();
        }

        private async Task<List<ExpectedAlert>> AlertsAsync(string serial) =>
            [.. (await fleet.Api.AlertsAsync("weak-signal", serial)).Select(alert => new ExpectedAlert(alert.RaisedAt, alert.ClearedAt))];

        public async Task<Dictionary<string, long>> PointsAsync()
        {
            var series = await influx.QueryAsync(Database, "select count(seq) from terminal group by serial");
            return series.ToDictionary(s => s.Tags!["serial"], s => s.Column("count")[0].GetInt64());
        }
    }
}
