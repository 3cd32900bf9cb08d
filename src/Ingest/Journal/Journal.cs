using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Journal;

/// <summary>
/// The write-ahead log of this node. All sessions append into one buffer; one thread commits the buffer as one row and
/// only then are its messages acknowledged; the pump works off the same bytes. When the buffer is full, or the pump
/// is <see cref="JournalOptions.PumpBatches"/> behind, nobody appends, and the sockets are not read.
/// </summary>
public sealed partial class Journal : IDisposable
{
    private static readonly Batch Nothing = new(0);

    /// <summary>A commit that takes longer than this is no slow commit any more but trouble.</summary>
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_roomCheck = TimeSpan.FromMilliseconds(500);

    private readonly JournalRows _rows;
    private readonly JournalOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Journal> _logger;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly SemaphoreSlim _pumpSlots;
    private readonly Channel<Batch> _committed = Channel.CreateUnbounded<Batch>(new() { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Stack<Batch> _spare = new();
    private readonly Thread _writer;
    private readonly PresenceFacts _facts;
    private Batch _current;
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _signalled, _closed;
    private volatile string? _trouble;
    private long _lastPosition, _committedPosition, _busySince;

    /// <param name="lastPosition">The last position that was ever given; the next batch follows it.</param>
    public Journal(JournalRows rows, long lastPosition, JournalOptions options, TimeProvider time, ILogger<Journal> logger)
    {
        (_rows, _options, _time, _logger, _lastPosition, _committedPosition) = (rows, options, time, logger, lastPosition, lastPosition);
        _pumpSlots = new(options.PumpBatches);
        _current = NextBatch();
        _facts = new(this, time, logger, _stop.Token);
        _writer = new(WriteBatches) { Name = "journal", IsBackground = true };
    }

    /// <summary>Called once when the journal is lost to another process or broken beyond retry: the node must stop.</summary>
    public event Action<Exception>? Lost;

    /// <summary>Committed batches in order, for the pump. Each is given back with <see cref="Return"/>.</summary>
    public ChannelReader<Batch> CommittedBatches => _committed.Reader;

    /// <summary>The last batch that is on disk.</summary>
    internal long CommittedPosition => Volatile.Read(ref _committedPosition);

    /// <summary>Why what is appended is not committed at this moment, in words for an operator; null while it is.</summary>
    public string? Trouble
    {
        get
        {
            if (_closed) return "the journal is closed";
            if (_trouble is { } trouble) return trouble;
            var since = Volatile.Read(ref _busySince);
            var elapsed = since == 0 ? TimeSpan.Zero : _time.GetElapsedTime(since);
            return elapsed < s_slow ? null : $"a commit has been waiting for {(_pumpSlots.CurrentCount == 0 ? "the pump or the disk" : "the disk")} for {elapsed.TotalSeconds:N0} s";
        }
    }

    public void Start() => _writer.Start();

    /// <summary>Appends one entry; false when the buffer is full: wait for <see cref="RoomAsync"/> and try again.</summary>
    /// <param name="position">The commit that will hold it.</param>
    public bool TryAppend(in Entry entry, CommitListener? listener, out long position) => TryAppend(entry, listener, out position, out _);

    /// <summary>Appends one entry and waits until it is on disk.</summary>
    public async Task AppendAsync(EntryKind kind, long receivedAtMs, ReadOnlyMemory<byte> serial, ReadOnlyMemory<byte> payload, CancellationToken stop)
    {
        while (true)
        {
            if (TryAppend(new(kind, receivedAtMs, serial.Span, payload.Span), null, out _, out var committed))
            {
                await committed.WaitAsync(stop);
                return;
            }
            await RoomAsync(stop);
        }
    }

    /// <summary>A terminal's session began or ended. Never waits: where the journal takes nothing, the last word of each terminal does.</summary>
    /// <param name="session">Its number (<see cref="Mqtt.Sessions.Session.Number"/>).</param>
    public void Tell(EntryKind kind, string serial, long session) => _facts.Tell(kind, serial, session);

    public Task RoomAsync(CancellationToken stop)
    {
        lock (_lock) return IsFull ? _room.Task.WaitAsync(stop) : Task.CompletedTask;
    }

    /// <summary>The pump has done with a batch.</summary>
    public void Return(Batch batch)
    {
        lock (_lock)
        {
            if (_spare.Count < _options.PumpBatches && batch.Bytes.Length <= 2 * _options.BatchBytes) _spare.Push(batch);
        }
        _pumpSlots.Release();
    }

    /// <summary>Commits what is there and stops; later appends are refused.</summary>
    public void Close()
    {
        lock (_lock) _closed = true;
        _work.Release();
        if (_writer.IsAlive) _writer.Join();
    }

    public void Dispose()
    {
        _stop.Cancel();
        Close();
        _stop.Dispose();
        _work.Dispose();
        _pumpSlots.Dispose();
    }

    private bool IsFull => _closed || _current.Length >= _options.BatchBytes;

    private bool TryAppend(in Entry entry, CommitListener? listener, out long position, out Task committed)
    {
        lock (_lock)
        {
            (position, committed) = (_current.Position, _current.Committed);
            if (IsFull) return false;
            _current.Add(entry, listener);
            if (_signalled) return true;
            _signalled = true;
        }
        _work.Release();
        return true;
    }

    private void WriteBatches()
    {
        try
        {
            while (true)
            {
                _work.Wait(_stop.Token);
                if (_options.Linger > TimeSpan.Zero && !_closed) _stop.Token.WaitHandle.WaitOne(_options.Linger);
                Volatile.Write(ref _busySince, _time.GetTimestamp());
                _pumpSlots.Wait(_stop.Token);
                var batch = TakeCurrent();
                if (batch.Entries > 0) Commit(batch);
                else _pumpSlots.Release();
                Volatile.Write(ref _busySince, 0);
                if (batch.Entries == 0 && _closed) break;
                if (batch.Entries == 0) continue;
                if (_closed) _work.Release(); // look once more: what came before the closing is still committed
            }
        }
        catch (OperationCanceledException) { _current.TellFailed(new OperationCanceledException("the journal was closed")); }
        catch (Exception e)
        {
            lock (_lock) _closed = true;
            _current.TellFailed(e);
            LogLost(e, _rows.Node);
            Lost?.Invoke(e);
        }
        finally { _committed.Writer.TryComplete(); }
    }

    private void Commit(Batch batch)
    {
        Seal.Write(batch.Bytes, batch.Length);
        var started = Stopwatch.GetTimestamp();
        try { Insert(batch); }
        catch (Exception e)
        {
            batch.TellFailed(e);
            throw;
        }
        IngestMetrics.CommitSeconds.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        IngestMetrics.CommitEntries.Record(batch.Entries);
        Volatile.Write(ref _committedPosition, batch.Position);
        batch.TellCommitted(LogListenerFailed);
        _committed.Writer.TryWrite(batch); // unbounded: the slots bound it
    }

    /// <summary>Inserts until the row is there. The store may be away for long: nobody is acknowledged meanwhile, and nothing is lost.</summary>
    private void Insert(Batch batch)
    {
        var (failures, said) = (0, (string?)null);
        while (true)
        {
            try
            {
                AwaitRoom();
                _rows.Insert(batch.Position, batch.Bytes, batch.RowLength);
                break;
            }
            catch (Exception e) when (e is not (FencedException or OperationCanceledException))
            {
                if (e.Message != said) LogRetry(e, batch.Position, failures + 1); // said once, not once a second for hours
                said = e.Message;
                if (IsThereAfterAll(batch.Position, e, ref failures)) break;
            }
        }
        _trouble = null;
    }

    /// <summary>While the disk is nearly full nothing is taken: states, alerts and the marks that make room again need what is left.</summary>
    private void AwaitRoom()
    {
        for (var said = false; _rows.Shortage(_options.SpareBytes) is { } shortage; said = true)
        {
            if (!said) LogNoRoom(_rows.Node, shortage);
            _trouble = shortage;
            if (_stop.Token.WaitHandle.WaitOne(s_roomCheck)) throw new OperationCanceledException(_stop.Token);
        }
    }

    /// <summary>Waits for the store; true when the row turns out to be there: the commit had reached the store, its answer had not reached us.</summary>
    private bool IsThereAfterAll(long position, Exception failure, ref int failures)
    {
        var first = failure;
        while (true)
        {
            if (failure != first && _trouble != failure.Message) LogStoreAway(failure.Message);
            _trouble = failure.Message;
            IngestMetrics.CommitRetries.Add(1);
            // The first are quick: a database that fails over is back within moments.
            var pause = TimeSpan.FromMilliseconds(Math.Min(1000, 50 << Math.Min(++failures / 4, 5)));
            if (_stop.Token.WaitHandle.WaitOne(pause)) throw new OperationCanceledException("the journal was closed", failure, _stop.Token);
            try
            {
                _rows.ReconnectAsync(_stop.Token).GetAwaiter().GetResult(); // the journal's own thread: there is nothing else for it to do
                return _rows.HasAsync(position, _stop.Token).GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is not OperationCanceledException) { failure = e; }
        }
    }

    private Batch TakeCurrent()
    {
        lock (_lock)
        {
            var batch = _current;
            _signalled = false;
            if (batch.Entries == 0) return Nothing;
            _current = NextBatch();
            _room.TrySetResult();
            _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return batch;
        }
    }

    private Batch NextBatch()
    {
        if (!_spare.TryPop(out var batch)) batch = new(64 * 1024);
        batch.Begin(++_lastPosition);
        return batch;
    }

    [LoggerMessage(1001, LogLevel.Warning, "Commit of batch {Position} failed (attempt {Attempt}); trying again, nothing is acknowledged meanwhile")]
    private partial void LogRetry(Exception e, long position, int attempt);

    [LoggerMessage(1005, LogLevel.Error, "The journal of {Node} takes nothing more until there is room: {Shortage}")]
    private partial void LogNoRoom(string node, string shortage);

    [LoggerMessage(1002, LogLevel.Critical, "The journal of {Node} is lost; this node stops taking messages")]
    private partial void LogLost(Exception e, string node);

    [LoggerMessage(1004, LogLevel.Error, "A session could not be told of its commit; the others are")]
    private partial void LogListenerFailed(Exception e);

    [LoggerMessage(1003, LogLevel.Warning, "The store is away: {Message}")]
    private partial void LogStoreAway(string message);
}
