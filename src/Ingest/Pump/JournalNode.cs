using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Fleet.Grains.Presence;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Journal;
using Fleet.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Pump;

/// <summary>Settings <c>Cluster:*</c> that a journal needs.</summary>
public sealed class NodeOptions
{
    /// <summary>The node's name: whose journal this is. It keeps its name over restarts, and no other node has it.</summary>
    public string Node { get; set; } = Environment.MachineName;

    /// <summary>A journal whose holder has not renewed its lease for so long is adopted by another node.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(6);
}

/// <summary>
/// This node's journal from start to stop: claims it, replays what was not worked off, takes new entries, persists and
/// cuts it; in a cluster it also adopts the journals of dead nodes. The front door opens after <see cref="StartAsync"/>.
/// </summary>
public sealed partial class JournalNode(
    Database database, IHistory history, IGrainFactory grains, LocalTerminals local, CommandStore commands, Checkpoints checkpoints, DeadJournals dead, JournalOptions options, NodeOptions node,
    TimeProvider time, IHostApplicationLifetime lifetime, ILoggerFactory loggers) : IHostedService, ITicks, IAsyncDisposable
{
    /// <summary>How often it is asked whether a checkpoint is due.</summary>
    private static readonly TimeSpan s_longestLook = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger<JournalNode>();
    private readonly CancellationTokenSource _stop = new();
    private JournalRows _rows = null!;
    private Journal.Journal _journal = null!;
    private Pump _pump = null!;
    private HistoryFeed _feed = null!;
    private readonly SemaphoreSlim _checkpointTurn = new(1, 1);
    private Task _running = Task.CompletedTask, _pumping = Task.CompletedTask;
    private readonly ConcurrentDictionary<string, string> _failing = new();
    private readonly JournalNote _note = new(database, node.Node);
    private (long At, long AppliedBytes) _checkpoint;
    private bool _isOpen;
    private int _disposed;

    public Journal.Journal Journal => _journal;

    /// <summary>The node has stopped by itself: its journal was lost to another process, or a part of it has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Called with the name of a node whose journal was adopted and worked off here.</summary>
    public event Action<string>? Adopted;

    /// <summary>For /health/ready and metrics: rows kept and their bytes, rows not yet applied, whether history is behind.</summary>
    public (long Rows, long Bytes, long Unapplied, bool HistoryBehind) State =>
        (_rows.Kept.Rows, _rows.Kept.Bytes, _journal.CommittedPosition - _pump.Applied, _feed.Behind);

    /// <summary>What is wrong, in words for an operator, also where messages are still taken; null while all is well.</summary>
    public string? Trouble => _journal.Trouble ?? (_failing.IsEmpty ? null : string.Join("; ", _failing.Select(f => $"{f.Key}: {f.Value}")));

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var owner = dead.NewOwner();
        dead.Hold();
        (_rows, var marks, var last) = await JournalClaims.ClaimAsync(database, node.Node, owner, cancellationToken);
        last = Math.Max(last, _note.Read()); // rows that should be there and are not: the pump will miss them
        _journal = new(_rows, last, options, time, loggers.CreateLogger<Journal.Journal>());
        _journal.Lost += _ => End();
        _feed = new(history, _rows, new(grains), marks.History, _logger);
        _feed.StartBehind(last);
        _pump = new(_rows, _journal, _feed, new(grains), new(local, Answered), marks.Grains, _logger);
        _deathsReplayed = checkpoints.Deaths; // all from before the replay that begins now
        _checkpoint.At = time.GetTimestamp();
        _journal.Start();
        _pumping = Guarded("pump", () => _pump.RunAsync(last, _stop.Token));
        _running = Task.WhenAll(
            Guarded("history feed", () => _feed.RunAsync(_stop.Token)),
            Guarded("checkpoints", () => Every(Look, "checkpoint", CheckpointWhenDue)),
            Guarded("lease", () => Every(TimeSpan.FromSeconds(1), "lease and marks", Renew)),
            Guarded("adoption", () => new Adopter(database, dead, history, grains, local, Answered, orphan => Adopted?.Invoke(orphan), checkpoints, time, _logger).RunAsync(owner, node.Lease / 3, _stop.Token)));
    }

    /// <summary>The front door is closed by now: works off what is committed, persists it, and leaves.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Off this thread: where the store is away or the pump has ended the journal cannot close.
            await Task.Run(_journal.Close, CancellationToken.None).WaitAsync(cancellationToken);
            await _pumping.WaitAsync(cancellationToken);
            await Checkpoint().WaitAsync(cancellationToken);
            await Renew().WaitAsync(cancellationToken);
        }
        catch (Exception e) { LogLeftOver(e, node.Node); }
        await _stop.CancelAsync();
        await _running;
    }

    Task ITicks.TickAsync(string serial, long heardAtMs)
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(payload, heardAtMs);
        return AppendAsync(EntryKind.Tick, serial, payload);
    }

    /// <summary>Appends a fact about a terminal, on disk when the task completes.</summary>
    public Task AppendAsync(EntryKind kind, string serial, ReadOnlyMemory<byte> payload) => _journal.AppendAsync(
        kind, time.GetUtcNow().ToUnixTimeMilliseconds(), Encoding.ASCII.GetBytes(serial), payload, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        // The container knows this by several names, and disposes it once for each.
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _stop.CancelAsync();
        if (_rows is null) return;
        _journal.Dispose();
        await Task.WhenAll(_pumping, _running);
        _feed.Dispose();
        await _rows.DisposeAsync();
    }

    private Task Answered(IReadOnlyList<CommandResult> results) => commands.AnsweredAsync(results, _stop.Token);

    private TimeSpan Look => options.Checkpoint < s_longestLook ? options.Checkpoint : s_longestLook;

    /// <summary>Due when a replay would take too long, at once after a loss or a checkpoint that could not be, and when the journal needs room.</summary>
    private async Task CheckpointWhenDue()
    {
        await checkpoints.LookAsync();
        if (_isOpen || checkpoints.Deaths != _deathsReplayed || _journal.Trouble is not null
            || time.GetElapsedTime(_checkpoint.At) >= options.Checkpoint - (Look / 2)
            || _pump.AppliedBytes - _checkpoint.AppliedBytes >= options.ReplayBytes) await Checkpoint();
    }

    private async Task Checkpoint()
    {
        await _checkpointTurn.WaitAsync(CancellationToken.None); // the last one must not overtake one that has heard of a loss
        try
        {
            _checkpoint = (time.GetTimestamp(), _pump.AppliedBytes); // read first: more may have been applied by then, never less
            (_isOpen, var deaths, var applied) = (true, _deathsReplayed, _pump.Applied);
            switch (await checkpoints.AskAsync(deaths))
            {
                case CheckpointResult.Done:
                    _pump.Persisted(applied);
                    _isOpen = false;
                    _failing.TryRemove("states", out _);
                    break;
                case CheckpointResult.Postponed:
                    _failing["states"] = "they cannot be written at this moment; the journal keeps what they lack";
                    break;
                case CheckpointResult.Lost:
                    _deathsReplayed = checkpoints.Deaths;
                    _pump.AskReplay();
                    break;
            }
        }
        finally { _checkpointTurn.Release(); }
    }

    private int _deathsReplayed;

    private async Task Renew()
    {
        await _rows.MarkAsync(new(_pump.Mark, _feed.Mark), _stop.Token);
        _note.Write(_journal.CommittedPosition);
        if (_rows.Kept.Bytes <= options.HistoryBytes || _feed.Mark >= _pump.Mark) return;
        var beyond = await _rows.LastBeyondAsync(options.HistoryBytes / 10 * 9, _stop.Token); // a tenth more, so that not every second brings one
        var dropped = _feed.DropUpTo(Math.Min(beyond, _pump.Mark));
        IngestMetrics.HistoryDropped.Add(dropped);
        LogDropped(node.Node, dropped, options.HistoryBytes);
    }

    /// <summary>Repeats; what fails is logged and tried again, but for a lost journal, which ends the node.</summary>
    private async Task Every(TimeSpan period, string what, Func<Task> work)
    {
        using var timer = new PeriodicTimer(period, time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            try
            {
                await work();
                _failing.TryRemove(what, out _);
            }
            catch (Exception e) when (e is not (OperationCanceledException or FencedException))
            {
                _failing[what] = e.Message;
                LogWorkFailed(e, node.Node);
            }
        }
    }

    private void End()
    {
        HasEnded = true;
        lifetime.StopApplication();
    }

    private async Task Guarded(string what, Func<Task> work)
    {
        try { await work(); }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested) { }
        catch (Exception e)
        {
            LogEnded(e, what, node.Node);
            End();
        }
    }

    [LoggerMessage(1401, LogLevel.Warning, "Journal of {Node}: upkeep failed, trying again")]
    private partial void LogWorkFailed(Exception e, string node);

    [LoggerMessage(1402, LogLevel.Critical, "The {What} of node {Node} has ended; the node stops")]
    private partial void LogEnded(Exception e, string what, string node);

    [LoggerMessage(1403, LogLevel.Warning, "Node {Node} stops with rows not worked off; they are replayed at the next start")]
    private partial void LogLeftOver(Exception e, string node);

    [LoggerMessage(1404, LogLevel.Error, "Journal of {Node}: {Rows} rows given up for history, Journal:HistoryBytes ({Limit} bytes) is reached")]
    private partial void LogDropped(string node, long rows, long limit);
}
