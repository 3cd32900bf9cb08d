using Fleet.Tests.Shared;

namespace Fleet.House_Tests.Running;

/// <summary>Many <see cref="CarefulTerminal"/>s over the nodes of a fleet, and the proof that nothing of theirs was lost or doubled.</summary>
internal sealed class CarefulFleet : IAsyncDisposable
{
    private static readonly TimeProvider s_clock = TimeProvider.System;
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Task[] _running;
    private volatile bool _ended;

    /// <summary>Every tenth terminal runs out of paper when told so; every other of those gets a new roll.</summary>
    public CarefulFleet(int terminals, TimeSpan period, params int[] ports) : this("careful", terminals, period, ports) { }

    /// <param name="name">What the terminals' serials begin with.</param>
    public CarefulFleet(string name, int terminals, TimeSpan period, params int[] ports) : this(name, terminals, period, ports, intervalSeconds: 60) { }

    /// <param name="intervalSeconds">What they say their interval is, whatever it is.</param>
    public CarefulFleet(string name, int terminals, TimeSpan period, int[] ports, int intervalSeconds)
    {
        Terminals = [.. Enumerable.Range(0, terminals).Select(i => new CarefulTerminal($"{name}-{i}", i % ports.Length, TroubleOf(i)) { IntervalSeconds = intervalSeconds })];
        _running = [.. Terminals.Select((terminal, i) => RunAsync(terminal, i * period / terminals))];

        async Task RunAsync(CarefulTerminal terminal, TimeSpan offset)
        {
            await Task.Delay(offset, s_clock, _stop.Token);
            await terminal.RunAsync(ports, period, () => _ended, _stop.Token);
        }
    }

    public IReadOnlyList<CarefulTerminal> Terminals { get; }

    public long Acknowledged => Terminals.Sum(terminal => terminal.Acknowledged);

    /// <summary>Waits until every terminal has had so many more acknowledgements.</summary>
    public Task GoOnAsync(int reports, TimeSpan? within = null) => AllAcknowledgedAsync(Terminals, reports, within);

    /// <summary>How long until every one of these had so many more acknowledgements.</summary>
    public static async Task<TimeSpan> AllAcknowledgedAsync(IEnumerable<CarefulTerminal> terminals, int reports, TimeSpan? within = null)
    {
        var began = s_clock.GetTimestamp();
        var wanted = terminals.Select(terminal => (terminal, until: terminal.Acknowledged + reports)).ToArray();
        await Eventually.EqualAsync(0, () => Task.FromResult(wanted.Count(w => w.terminal.Acknowledged < w.until)), within ?? TimeSpan.FromSeconds(90));
        return s_clock.GetElapsedTime(began);
    }

    public void RunOutOfPaper(PaperTrouble trouble)
    {
        foreach (var terminal in Terminals.Where(terminal => terminal.Trouble == trouble)) terminal.RunOutOfPaper();
    }

    /// <summary>The longest that a report of these waited for its acknowledgement, since it was asked last.</summary>
    public static TimeSpan LongestWait(IEnumerable<CarefulTerminal> terminals) => terminals.Max(terminal => terminal.TakeLongestWait());

    /// <summary>No new reports; waits until all are acknowledged.</summary>
    public async Task EndAsync(TimeSpan? within = null)
    {
        _ended = true;
        await Task.WhenAll(_running).WaitAsync(within ?? TimeSpan.FromSeconds(90), s_clock, TestContext.Current.CancellationToken);
    }

    /// <summary>Every report of every terminal was applied once, as the API of this node tells.</summary>
    public async Task IsCompleteAsync(FleetApi api, TimeSpan? within = null)
    {
        var began = s_clock.GetTimestamp();
        var (late, duplicates) = (0L, 0L);
        var wrong = Terminals.ToList();
        var reasons = new List<string>();
        await Eventually.ReachAsync(async () =>
        {
            reasons.Clear();
            foreach (var terminal in wrong.ToArray())
            {
                if (await WrongAsync(terminal) is { } reason) reasons.Add(reason);
                else wrong.Remove(terminal);
                if (reasons.Count > 20) break;
            }
            return wrong.Count;
        }, count => count == 0, within ?? TimeSpan.FromSeconds(90));
        Assert.True(wrong.Count == 0, $"{wrong.Count} terminals are wrong:{Environment.NewLine}{string.Join(Environment.NewLine, reasons)}");
        Say($"all {Terminals.Sum(t => t.Sent):N0} reports of {Terminals.Count} terminals applied once ({late:N0} late, {duplicates:N0} duplicates dropped); checked for {s_clock.GetElapsedTime(began).TotalSeconds:N1} s");

        async Task<string?> WrongAsync(CarefulTerminal terminal)
        {
            var n = terminal.Sent;
            try
            {
                if (await api.GetAsync($"/api/v1/terminals/{terminal.Serial}") is not { } seen) return $"{terminal.Serial}: unknown";
                var (reports, sum) = (seen.GetProperty("reports").GetInt64(), seen.GetProperty("seqSum").GetInt64());
                if (reports != n || sum != n * (n + 1) / 2) return $"{terminal.Serial}: {reports} reports with sum {sum}, sent were {n} with sum {n * (n + 1) / 2}: {seen}";
                late += seen.GetProperty("late").GetInt64();
                duplicates += seen.GetProperty("duplicates").GetInt64();
                return null;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return $"{terminal.Serial}: {e.Message}"; }
        }
    }

    /// <summary>Each terminal that ran out of paper has one alert of it, cleared where the roll was changed; no other has any.</summary>
    public async Task HasOneAlertEachAsync(FleetApi api)
    {
        foreach (var terminal in Terminals.Where((t, i) => t.Trouble != PaperTrouble.None || i % 25 == 1))
        {
            var expected = terminal.Trouble switch { PaperTrouble.None => "", PaperTrouble.Out => "open", _ => "cleared" };
            await Eventually.EqualAsync($"{terminal.Serial} {expected}", async () => $"{terminal.Serial} {string.Join(' ', (await api.AlertsAsync("paper-out", terminal.Serial)).Select(alert => alert.State))}");
        }
    }

    public static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private static PaperTrouble TroubleOf(int index) => index % 10 != 0 ? PaperTrouble.None : index / 10 % 2 == 0 ? PaperTrouble.Out : PaperTrouble.OutAndChanged;
}
