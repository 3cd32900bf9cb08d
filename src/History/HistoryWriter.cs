using Fleet.Grains.Reports;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.History;

/// <summary>
/// The history's front: reports and alert changes become lines here, wait in <see cref="PointQueue"/>, and leave through
/// <see cref="WriteLoop"/>. Nothing is lost here: what a stop leaves unsent was never said to be accepted, and the journal keeps it.
/// </summary>
public sealed class HistoryWriter : BackgroundService, IHistory
{
    private readonly Lock _gate = new();
    private readonly LineBuffer _lines = new();
    private readonly Registry _registry;
    private readonly PointQueue _queue;
    private readonly ITimeSeriesDatabase _database;
    private readonly HistoryHealth _health;
    private readonly InfluxOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    internal HistoryWriter(IOptions<InfluxOptions> options, Registry registry, ITimeSeriesDatabase database, TimeProvider time, ILogger<HistoryWriter> log)
    {
        _options = options.Value;
        _database = database;
        _time = time;
        _log = log;
        _registry = registry;
        _queue = new PointQueue(new QueueLimits(_options.QueueBytes, _options.BatchBytes, _options.BatchLines, _options.Linger), time);
        _health = new HistoryHealth(_options.Target, time, log);
    }

    /// <summary>For /health/ready.</summary>
    public HistoryStatus Status => Off ? new HistoryStatus(true, _options.Target) : _health.Status;

    /// <summary>Lines waiting for the database or in flight to it, in bytes.</summary>
    public long QueueBytes => _queue.Bytes;

    private bool Off => _options.Api == InfluxApi.None;

    public bool TryTake(IReadOnlyList<Report> reports, out Task accepted)
    {
        accepted = Task.CompletedTask;
        if (Off || reports.Count == 0) return true;
        accepted = PointQueue.NeverAccepted;
        if (_queue.IsFull) return false;
        lock (_gate)
        {
            _lines.Clear();
            for (var i = 0; i < reports.Count; i++)
                LineEncoder.Encode(reports[i], _registry.Find(reports[i].Serial), _lines);
            return _queue.TryAdd(_lines.Written, out accepted);
        }
    }

    public Task RoomAsync(CancellationToken stop) => Off ? Task.CompletedTask : _queue.RoomAsync(stop);

    /// <summary>Completes when the database has accepted the point or refused it for good.</summary>
    public async Task WriteAlertAsync(AlertPoint point, CancellationToken stop)
    {
        if (Off) return;
        using var line = new LineBuffer(512);
        point.Encode(line);
        Task accepted;
        while (!_queue.TryAdd(line.Written, out accepted)) await _queue.RoomAsync(stop);
        await accepted.WaitAsync(stop);
    }

    /// <summary>Takes a line or drops it: figures about ourselves must not wait for the room they report on.</summary>
    internal void Offer(LineBuffer line)
    {
        if (!Off && !_queue.TryAdd(line.Written, out _)) HistoryMetrics.Dropped(1);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        HistoryLog.Started(_log, _options.Target);
        if (Off) return Task.CompletedTask;
        var backoff = new Backoff(_options.RetryFirst, _options.RetryLongest);
        return Task.WhenAll(Enumerable.Range(0, _options.Writers)
            .Select(_ => new WriteLoop(_queue, _database, backoff, _health, _time, _log).RunAsync(stoppingToken)));
    }

    /// <summary>Sends what is queued within <c>Influx:StopTimeout</c>; what is left is cancelled.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Complete();
        using var deadline = new CancellationTokenSource(_options.StopTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            HistoryLog.LeftBehind(_log, _queue.Bytes, _options.StopTimeout);
        }
        await base.StopAsync(CancellationToken.None);
        _queue.AbandonAll();
    }

    public override void Dispose()
    {
        base.Dispose();
        _queue.Dispose();
        _lines.Dispose();
        (_database as IDisposable)?.Dispose();
    }
}
