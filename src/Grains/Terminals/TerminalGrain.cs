using System.Buffers;
using Fleet.Grains.Presence;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Fleet.Grains.Terminals;

/// <summary>
/// The plumbing around one <see cref="Terminal"/>: it lives where its terminal is connected, loads its state, passes
/// inputs in and findings on, and is written behind by <see cref="StateWriter"/>. A lock guards the terminal instead of
/// Orleans' turns, so that the pump of the same process applies to it in place (docs/decisions).
/// </summary>
[PreferLocalPlacement]
public sealed partial class TerminalGrain(
    ITerminalStates states, StateWriter writer, LocalTerminals local, IFindings alerts, IGrainFactory grains, ILogger<TerminalGrain> logger)
    : Grain, ITerminalGrain
{
    private readonly Lock _lock = new();
    private readonly List<Finding> _findings = [];
    private Terminal _terminal = null!;
    private Task _posting = Task.CompletedTask;
    private long _version;
    private bool _dirty, _stale, _gone, _watched;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var serial = this.GetPrimaryKeyString();
        var stored = await states.LoadAsync(serial);
        _terminal = stored is { } s ? Terminal.Load(serial, s.State) : new(serial);
        _version = stored?.Version ?? 0;
        local.Add(this);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        bool unsaved;
        lock (_lock) (_gone, unsaved) = (true, _dirty && !_stale);
        local.Remove(this);
        if (unsaved && !await writer.SaveAsync(this, cancellationToken)) LogStateLost(_terminal.Serial, reason.ReasonCode);
    }

    internal string Serial => _terminal.Serial;

    public ValueTask Apply(Input[] inputs)
    {
        // A stale activation says so by failing: the caller replays the journal, and the next activation applies it.
        if (!TryApply(inputs, out var posting)) throw new StaleTerminalException(_terminal.Serial);
        return new(posting);
    }

    /// <summary>Applies inputs on the caller's thread; false when this activation has ended.</summary>
    /// <param name="posting">Completes when their findings are on their way to Alerts.</param>
    public bool TryApply(ReadOnlySpan<Input> inputs, out Task posting)
    {
        bool wasClean, watch;
        lock (_lock)
        {
            posting = Task.CompletedTask;
            if (_gone || _stale) return false;
            foreach (var input in inputs) ApplyOne(input);
            (wasClean, _dirty) = (!_dirty, true);
            if (_findings.Count > 0) _posting = PostFindings();
            posting = _posting;
            var awaited = _terminal.SilentAtMs != 0;
            (watch, _watched) = (awaited && !_watched, awaited);
        }
        if (wasClean) writer.MarkDirty(this);
        if (watch) grains.GetGrain<IPresenceGrain>(PresenceShards.Of(_terminal.Serial)).Watch(_terminal.Serial, _terminal.SilentAtMs).AsTask().Ignore();
        return true;
    }

    public ValueTask<TerminalView?> View() => ValueTask.FromResult(Locked(t => t.HeardAtMs == 0 ? null : t.View()));

    public ValueTask<Watch> Deadline() => ValueTask.FromResult(Locked(t => new Watch(t.SilentAtMs, t.HeardAtMs)));

    /// <summary>For <see cref="StateWriter"/>, from its own thread: what to write, or null when nothing changed.</summary>
    /// <param name="posted">Completes when the findings this state speaks of are posted: the state must not be written before.</param>
    internal StateWrite? Snapshot(ArrayBufferWriter<byte> buffer, out Task posted)
    {
        lock (_lock)
        {
            posted = _posting;
            if (!_dirty || _stale) return null;
            _dirty = false;
            buffer.ResetWrittenCount();
            _terminal.Save(buffer);
            var silentAt = _terminal.SilentAtMs;
            return new(_terminal.Serial, PresenceShards.Of(_terminal.Serial), _version++, silentAt,
                silentAt == 0 ? 0 : silentAt - _terminal.HeardAtMs, buffer.WrittenSpan.ToArray());
        }
    }

    /// <summary>The store had another version: another activation owns the terminal. This one has no future.</summary>
    internal void TurnStale()
    {
        lock (_lock) _stale = true;
        LogStale(_terminal.Serial);
        DeactivateOnIdle();
    }

    /// <summary>A write failed for reasons of the store: its snapshot is due again. False where the activation has ended meanwhile: what it held is lost.</summary>
    internal bool TryUnsave()
    {
        lock (_lock)
        {
            _version--;
            if (_gone) return false;
            return _dirty = true;
        }
    }

    private void ApplyOne(in Input input)
    {
        try { _terminal.Apply(input, _findings); }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One report that trips a detector must not silence the terminal's other reports.
            LogInputFailed(e, _terminal.Serial, input.Kind);
            GrainMetrics.InputsFailed.Add(1);
        }
    }

    private T Locked<T>(Func<Terminal, T> read)
    {
        lock (_lock) return read(_terminal);
    }

    private async Task PostFindings()
    {
        var found = _findings.ToArray();
        _findings.Clear();
        foreach (var finding in found)
        {
            GrainMetrics.Found(finding);
            await alerts.PostAsync(finding);
        }
    }

    [LoggerMessage(4001, LogLevel.Error, "Terminal {Serial}: input {Kind} failed and is left out")]
    private partial void LogInputFailed(Exception e, string serial, InputKind kind);

    [LoggerMessage(4002, LogLevel.Warning, "Terminal {Serial}: another activation has written its state; this one ends")]
    private partial void LogStale(string serial);

    [LoggerMessage(4003, LogLevel.Warning, "Terminal {Serial}: state not written on deactivation ({Reason}); its journal will be replayed")]
    private partial void LogStateLost(string serial, DeactivationReasonCode reason);
}

/// <summary>The activation had been superseded; apply again.</summary>
[GenerateSerializer]
public sealed class StaleTerminalException(string serial) : Exception($"the activation of {serial} is stale");
