namespace Fleet.History;

/// <summary>How long one request waits for its answer: <c>Influx:Timeout</c> by the time provider, or until we stop.</summary>
internal sealed class Patience : IDisposable
{
    private readonly TimeSpan _longest;
    private readonly CancellationTokenSource _timeout, _either;

    public Patience(InfluxOptions options, TimeProvider time, CancellationToken stop)
    {
        _longest = options.Timeout;
        _timeout = new(_longest, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(stop, _timeout.Token);
    }

    public CancellationToken Token => _either.Token;
    public bool IsOver => _timeout.IsCancellationRequested;

    /// <summary>What the write came to where it is over.</summary>
    public WriteOutcome Outcome => WriteOutcome.RetryLater($"no answer within Influx:Timeout, {_longest}");

    public void Dispose()
    {
        _either.Dispose();
        _timeout.Dispose();
    }
}
