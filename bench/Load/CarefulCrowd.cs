using Fleet.Tests.Shared;

namespace Fleet.Bench.Load;

/// <summary>The tests' careful terminals under way: half of them at QoS 1, half at QoS 2; every tenth runs out of paper when told so.</summary>
internal sealed class CarefulCrowd : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _running;
    private volatile bool _ended;

    /// <param name="period">Between two reports of one terminal.</param>
    public CarefulCrowd(int count, TimeSpan period, int port, TimeProvider clock, CancellationToken stop)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Terminals = [.. Enumerable.Range(0, count).Select(i => new CarefulTerminal($"careful-{i}", 0, i % 10 == i / 10 % 10 ? PaperTrouble.Out : PaperTrouble.None, QosOf(i)))];
        _running = Task.WhenAll(Terminals.Select(async (terminal, i) =>
        {
            await Task.Delay(i * period / count, clock, _stop.Token);
            await terminal.RunAsync([port], period, () => _ended, _stop.Token);
        }));
    }

    public IReadOnlyList<CarefulTerminal> Terminals { get; }

    public static int QosOf(int index) => 1 + index % 2;

    public long Acknowledged => Terminals.Sum(terminal => terminal.Acknowledged);

    /// <summary>Fails at once where a terminal has seen what must not be.</summary>
    public async Task CheckAsync()
    {
        if (_running.IsFaulted) await _running;
    }

    public void RunOutOfPaper()
    {
        foreach (var terminal in Terminals) if (terminal.Trouble == PaperTrouble.Out) terminal.RunOutOfPaper();
    }

    /// <summary>No new reports; waits until all are acknowledged.</summary>
    public Task EndAsync(TimeSpan patience, TimeProvider clock, CancellationToken stop)
    {
        _ended = true;
        return _running.WaitAsync(patience, clock, stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }
}
