using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Bridge;

/// <summary>How a broker stands, for /health/ready.</summary>
public sealed record BridgeState(string Broker, bool Ok, string Detail);

/// <summary>One session at one broker, kept up: connects, and again after every end, with growing waits.</summary>
internal sealed partial class BridgeLink(BrokerOptions broker, string clientId, BridgeOptions options, Func<BridgeSession> open, BridgeMetrics metrics, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(5);

    private volatile BridgeSession? _session;
    private volatile string _detail = "connecting";

    public BridgeState State => new(broker.Name, _session is not null, _detail);

    /// <summary>Called when a session begins to stand, and when it has fallen.</summary>
    public Action? Stood { get; set; }
    public Action? Fell { get; set; }

    /// <summary>The session while it stands.</summary>
    public BridgeSession? Session => _session;

    /// <param name="subscribe">False for the session of a node that is gone.</param>
    /// <param name="isOver">Asked before each connect: whether to stop for good.</param>
    public async Task RunAsync(bool subscribe, Func<Task<bool>> isOver, CancellationToken stop)
    {
        for (var failures = 1; !stop.IsCancellationRequested; failures++)
        {
            try
            {
                if (await isOver()) return;
                if (await StandAsync(subscribe, stop) > options.RetryLongest) failures = 1;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                // Whatever it is, a certificate that cannot be read or a name that is not found: an operator may mend it meanwhile.
                _detail = e.GetBaseException().Message;
                metrics.ConnectFailed();
            }
            catch (Exception) when (stop.IsCancellationRequested) { return; } // our own leaving
            if (stop.IsCancellationRequested) return;
            var wait = Wait(failures, Random.Shared.NextDouble());
            LogAway(broker.Name, clientId, _detail, wait);
            await Task.Delay(wait, time, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>One connection from CONNECT to its end; how long it stood.</summary>
    private async Task<TimeSpan> StandAsync(bool subscribe, CancellationToken stop)
    {
        await using var session = open();
        await session.OpenAsync(subscribe, stop);
        var since = time.GetTimestamp();
        Stood?.Invoke();
        (_session, _detail) = (session, "connected");
        metrics.Connected();
        LogConnected(broker.Name, clientId);
        try { await session.RunAsync().WaitAsync(stop); }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            using var farewell = new CancellationTokenSource(s_farewell, time);
            await session.LeaveAsync(farewell.Token);
        }
        catch (Exception e) { _detail = e.GetBaseException().Message; }
        finally
        {
            Fell?.Invoke();
            _session = null;
            metrics.Disconnected();
        }
        return time.GetElapsedTime(since);
    }

    /// <summary>Doubling, and no two nodes in step.</summary>
    private TimeSpan Wait(int failures, double random) =>
        TimeSpan.FromSeconds(Math.Min(options.RetryFirst.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)), options.RetryLongest.TotalSeconds) * (0.5 + random / 2));

    [LoggerMessage(1901, LogLevel.Information, "Bridge to {Broker} stands as {ClientId}")]
    private partial void LogConnected(string broker, string clientId);

    [LoggerMessage(1902, LogLevel.Warning, "Bridge to {Broker} as {ClientId} is away: {Why}; trying again in {Wait}")]
    private partial void LogAway(string broker, string clientId, string why, TimeSpan wait);
}
