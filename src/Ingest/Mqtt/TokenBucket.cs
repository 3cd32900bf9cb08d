namespace Fleet.Ingest.Mqtt;

/// <summary>A limit of messages a second with a burst of ten seconds' worth. One reader.</summary>
internal sealed class TokenBucket(int perSecond, TimeProvider time)
{
    private readonly double _burst = perSecond * 10.0;
    private double _tokens = perSecond * 10.0;
    private long _filledAt = time.GetTimestamp();

    public bool TryTake()
    {
        if (_tokens < 1) Fill();
        if (_tokens < 1) return false;
        _tokens--;
        return true;
    }

    /// <summary>The message could not be taken after all.</summary>
    public void GiveBack() => _tokens++;

    /// <summary>Completes when the bucket holds a tenth of a second's worth again.</summary>
    public Task RefilledAsync(CancellationToken stop)
    {
        IngestMetrics.Throttled.Add(1);
        return Task.Delay(TimeSpan.FromSeconds(Math.Max(0.1, 1.0 / perSecond)), time, stop);
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + perSecond * time.GetElapsedTime(_filledAt, now).TotalSeconds);
        _filledAt = now;
    }
}
