using Fleet.Ingest.Credentials;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// A session's purse of messages. It draws a handful at a time from the buckets that it shares with the other sessions
/// of its terminal, and of its address where that has a limit. One reader.
/// </summary>
internal sealed class TokenBucket(int perSecond, TimeProvider time, params SharedBucket[] sources)
{
    /// <summary>A bucket holds as much as flows in ten seconds.</summary>
    public const int BurstSeconds = 10;

    private readonly int _handful = Math.Clamp(perSecond / 20, 1, 32);
    private int _purse;

    /// <summary>One that shares with nobody.</summary>
    public TokenBucket(int perSecond, TimeProvider time) : this(perSecond, time, new SharedBucket(perSecond, perSecond * (double)BurstSeconds, time)) { }

    public bool TryTake()
    {
        while (_purse < 1 && (TryDraw(_handful) || TryDraw(1))) { }
        if (_purse < 1) return false;
        _purse--;
        return true;
    }

    /// <summary>What was done has cost so much more: it is paid off before the next.</summary>
    public void Charge(int count) => _purse -= count;

    /// <summary>The message could not be taken after all.</summary>
    public void GiveBack() => _purse++;

    /// <summary>Completes when the bucket holds a tenth of a second's worth again.</summary>
    public Task RefilledAsync(CancellationToken stop)
    {
        IngestMetrics.Throttled.Add(1);
        return Task.Delay(TimeSpan.FromSeconds(Math.Max(0.1, 1.0 / perSecond)), time, stop);
    }

    private bool TryDraw(int count)
    {
        for (var i = 0; i < sources.Length; i++)
        {
            if (sources[i].TryTake(count)) continue;
            while (--i >= 0) sources[i].GiveBack(count);
            return false;
        }
        _purse += count;
        return true;
    }
}
