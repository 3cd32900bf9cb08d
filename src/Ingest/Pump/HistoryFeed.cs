using System.Threading.Channels;
using Fleet.Grains.Reports;
using Fleet.Ingest.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>
/// The way of a journal's rows to history. While history has room it takes what the pump has just decoded; when it
/// has none (its database is away) the rows wait in the journal, and are read again from there in their order.
/// </summary>
internal sealed partial class HistoryFeed(IHistory history, JournalRows rows, Decoder decoder, long mark, ILogger logger) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly RowReader _reader = new(rows, decoder, logger);
    private readonly Channel<(long Position, Task Accepted)> _underWay =
        Channel.CreateUnbounded<(long, Task)>(new() { SingleReader = true }); // bounded by what history takes
    private readonly SemaphoreSlim _behindSignal = new(0);
    private long _mark = mark, _fed = mark, _pumped = mark;
    private bool _behind;

    /// <summary>Up to here history has every point, or has refused it for good.</summary>
    public long Mark => Volatile.Read(ref _mark);

    /// <summary>Whether rows wait for history to come back.</summary>
    public bool Behind { get { lock (_lock) return _behind; } }

    /// <summary>Rows up to <paramref name="last"/> are in the journal from before: they are read from there.</summary>
    public void StartBehind(long last)
    {
        lock (_lock)
        {
            _pumped = last;
            if (_fed < last) FallBehind();
        }
    }

    /// <summary>From the pump: a row decoded just now.</summary>
    public void Offer(long position, List<Report> reports)
    {
        lock (_lock)
        {
            _pumped = position;
            if (_behind || position <= _fed) return; // read from the journal, or to be read from there
            if (history.TryTake(reports, out var accepted)) Fed(position, accepted);
            else FallBehind();
        }
    }

    /// <summary>Gives up the rows up to <paramref name="position"/>: the journal may not grow further.</summary>
    public long DropUpTo(long position)
    {
        lock (_lock)
        {
            // What history has taken and could not write yet may still arrive; the journal does not wait for it.
            if (position > _mark) Volatile.Write(ref _mark, position);
            var dropped = Math.Max(0, position - _fed);
            _fed += dropped;
            return dropped;
        }
    }

    public void Dispose() => _behindSignal.Dispose();

    public async Task RunAsync(CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task advancing = AdvanceMark(both.Token), catchingUp = CatchUp(both.Token);
        var ended = await Task.WhenAny(advancing, catchingUp);
        await both.CancelAsync();
        await Task.WhenAll(advancing, catchingUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ended;
    }

    private void Fed(long position, Task accepted)
    {
        _fed = position;
        _underWay.Writer.TryWrite((position, accepted));
    }

    private void FallBehind()
    {
        _behind = true;
        _behindSignal.Release();
    }

    private async Task AdvanceMark(CancellationToken stop)
    {
        await foreach (var (position, accepted) in _underWay.Reader.ReadAllAsync(stop))
        {
            await accepted.WaitAsync(stop);
            lock (_lock)
            {
                if (position > _mark) Volatile.Write(ref _mark, position);
            }
        }
    }

    private async Task CatchUp(CancellationToken stop)
    {
        while (true)
        {
            await _behindSignal.WaitAsync(stop);
            LogBehind(rows.Node, _fed);
            while (!await FeedNextRows(stop)) { }
            LogCaughtUp(rows.Node, _fed);
        }
    }

    /// <summary>True when nothing is left to catch up with.</summary>
    private async Task<bool> FeedNextRows(CancellationToken stop)
    {
        await history.RoomAsync(stop);
        long after;
        lock (_lock)
        {
            after = _fed;
            if (after >= _pumped) return !(_behind = false);
        }
        var waiting = await ReadRows(after, stop);
        if (waiting.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(200), stop); // the store is away
        foreach (var row in waiting)
        {
            if (await TryDecode(row, stop) is not { } reports) break;
            while (true)
            {
                lock (_lock)
                {
                    if (row.Position <= _fed) break; // dropped meanwhile
                    if (history.TryTake(reports, out var accepted)) { Fed(row.Position, accepted); break; }
                }
                await history.RoomAsync(stop);
            }
        }
        return false;
    }

    private async Task<IReadOnlyList<StoredRow>> ReadRows(long after, CancellationToken stop)
    {
        try { return await _reader.ReadAsync(after, stop); }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogReadFailed(e, rows.Node);
            return [];
        }
    }

    /// <summary>Null where a damaged row could not be kept for people: not now, then.</summary>
    private async Task<List<Report>?> TryDecode(StoredRow row, CancellationToken stop)
    {
        try { return (await _reader.DecodeAsync(row, stop)).Reports; }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogReadFailed(e, rows.Node);
            await Task.Delay(TimeSpan.FromMilliseconds(200), stop);
            return null;
        }
    }

    [LoggerMessage(1201, LogLevel.Information, "History is behind the journal of {Node}, from row {Position} on; the rows wait on disk")]
    private partial void LogBehind(string node, long position);

    [LoggerMessage(1202, LogLevel.Information, "History has caught up with the journal of {Node} at row {Position}")]
    private partial void LogCaughtUp(string node, long position);

    [LoggerMessage(1203, LogLevel.Warning, "The journal of {Node} could not be read for history; trying again")]
    private partial void LogReadFailed(Exception e, string node);
}
