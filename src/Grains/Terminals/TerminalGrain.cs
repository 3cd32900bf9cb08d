using System.Buffers;
using System.Diagnostics;
using Fleet.Grains.Presence;
using Fleet.Grains.Rules;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace Fleet.Grains.Terminals;

/// <summary>
/// The plumbing around one <see cref="Terminal"/>: it lives where its terminal is connected, loads its state, passes
/// inputs in and findings on, and is written behind by <see cref="StateWriter"/>. A lock guards the terminal instead of
/// Orleans' turns, so that the pump of the same process applies to it in place (docs/decisions).
/// </summary>
[PreferLocalPlacement]
public sealed partial class TerminalGrain(LocalTerminals local) : Grain, ITerminalGrain
{
    [ThreadStatic]
    private static List<Finding>? t_findings;

    /// <summary>Also the lock that guards it and what is here: a lock of its own would be an object more for each of a million.</summary>
    private Terminal _terminal = null!;
    private Task _posting = Task.CompletedTask, _hold = Task.CompletedTask;
    private long _version;

    /// <summary>Where its state lies in the store; see <see cref="StoredState"/>.</summary>
    private long _place;
    private int _profileVersion = -1;
    private RuleSet? _rules;
    private bool _dirty, _stale, _gone;

    /// <summary>The deadline that the presence shard knows, Unix ms; 0 while it watches for none.</summary>
    private long _watchedAtMs;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var serial = this.GetPrimaryKeyString();
        var stored = await local.States.LoadAsync(serial);
        _terminal = stored is { } s ? Read(serial, s.State) : new(serial, local.Limits);
        (_version, _place) = stored is { } known ? (known.Version, known.Place) : (0, local.Writer.PlaceAtTheEnd());
        lock (_terminal) KnowProfile(_terminal.HeardAtMs, Findings); // before its deadline is asked for
        _hold = local.Hold; // read last: whoever activates it after a death finds it held
        local.Add(this);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        lock (_terminal) _gone = true;
        local.Remove(this);
        if (!await local.Writer.SaveAsync(this, cancellationToken)) LogStateLost(local.Logger, _terminal.Serial, reason.ReasonCode);
    }

    public string Serial => _terminal.Serial;

    internal long Place => _place;

    public ValueTask Apply(Input[] inputs) => Apply(inputs, ofTheDead: false);

    public ValueTask ApplyOfTheDead(Input[] inputs) => Apply(inputs, ofTheDead: true);

    private ValueTask Apply(Input[] inputs, bool ofTheDead)
    {
        // An activation that is stale or held back says so by failing: the caller replays its journal.
        if (!TryApply(inputs, out var posting, ofTheDead)) throw new StaleTerminalException(_terminal.Serial);
        return new(posting);
    }

    /// <summary>Applies inputs on the caller's thread; false when this activation has ended, or waits for a dead node's journal.</summary>
    /// <param name="posting">Completes when their findings are on their way to Alerts.</param>
    /// <param name="ofTheDead">They are from that journal.</param>
    public bool TryApply(ReadOnlySpan<Input> inputs, out Task posting, bool ofTheDead = false)
    {
        bool watch;
        long dueAtMs;
        lock (_terminal)
        {
            posting = Task.CompletedTask;
            if (_gone || _stale || (!ofTheDead && !_hold.IsCompleted)) return false;
            var findings = Findings;
            if (inputs.Length > 0) KnowProfile(inputs[0].AtMs, findings);
            foreach (var input in inputs) ApplyOne(input, findings);
            MarkDirty();
            Post(findings);
            posting = _posting;
            // A later deadline the shard learns when it asks; an earlier one (session ended, shorter interval, a hold that began) it must be told.
            dueAtMs = _terminal.DueAtMs;
            watch = dueAtMs != 0 && (_watchedAtMs == 0 || dueAtMs < _watchedAtMs);
            if (watch || dueAtMs == 0) _watchedAtMs = dueAtMs;
        }
        if (watch) _ = WatchAsync(dueAtMs);
        return true;
    }

    public ValueTask Follow(long nowMs)
    {
        lock (_terminal)
        {
            if (_gone || _stale) return ValueTask.CompletedTask; // the next activation follows when it stands up
            KnowProfile(nowMs, Findings);
            return new(_posting);
        }
    }

    public ValueTask<TerminalView?> View()
    {
        var view = Locked(t => t.HeardAtMs == 0 ? null : t.View());
        if (view is null) DeactivateOnIdle(); // whoever asks for serials that nobody has must not fill the memory
        return ValueTask.FromResult(view);
    }

    public ValueTask<Watch> Deadline() => ValueTask.FromResult(Locked(t => new Watch(_watchedAtMs = t.DueAtMs, t.HeardAtMs, t.SilentAfterMs)));

    /// <summary>For <see cref="StateWriter"/>, from its own thread: what to write, or null when nothing changed.</summary>
    /// <param name="buffer">The state is written behind what is in it.</param>
    /// <param name="posted">Completes when the findings this state speaks of are posted: the state must not be written before.</param>
    /// <param name="held">For how long nobody else could reach the terminal meanwhile.</param>
    internal StateWrite? Snapshot(ArrayBufferWriter<byte> buffer, out Task posted, out TimeSpan held)
    {
        held = default;
        lock (_terminal)
        {
            posted = _posting;
            if (!_dirty || _stale) return null;
            var began = Stopwatch.GetTimestamp();
            var start = buffer.WrittenCount;
            _terminal.Save(buffer);
            _dirty = false;
            held = Stopwatch.GetElapsedTime(began);
            return new(_terminal.Serial, PresenceShards.Of(_terminal.Serial), _version++, _terminal.DueAtMs, _terminal.SilentAfterMs, buffer.WrittenMemory[start..]);
        }
    }

    /// <summary>The store had another version: another activation owns the terminal. This one has no future.</summary>
    internal void TurnStale()
    {
        lock (_terminal) _stale = true;
        LogStale(local.Logger, _terminal.Serial);
        DeactivateOnIdle();
    }

    /// <summary>What this activation applied since its last write goes with it; the journals give it to the next one.</summary>
    internal void Abandon()
    {
        lock (_terminal)
        {
            if (_stale) return;
            local.Writer.CountLoss(); // before a checkpoint can pass over this activation
            _stale = true;
        }
        DeactivateOnIdle();
    }

    internal bool IsDirty { get { lock (_terminal) return _dirty && !_stale; } }

    /// <summary>A write failed for reasons of the store: its snapshot is due again.</summary>
    internal bool Unsave()
    {
        lock (_terminal)
        {
            _version--;
            (var wasDirty, _dirty) = (_dirty, true);
            return !wasDirty;
        }
    }

    /// <summary>One unreadable row must not hold up the journal for the whole fleet: its terminal begins anew.</summary>
    private Terminal Read(string serial, byte[] state)
    {
        try { return Terminal.Load(serial, state, local.Limits); }
        catch (InvalidDataException e)
        {
            LogUnreadable(local.Logger, e, serial);
            GrainMetrics.StatesUnreadable.Add(1);
            return new(serial, local.Limits);
        }
    }

    /// <summary>The registry or the rules may have changed; comparing a number and a reference is all that costs.</summary>
    private void KnowProfile(long atMs, List<Finding> findings)
    {
        if (_profileVersion == local.Profiles.Version && _rules == local.Rules.Now) return;
        (_profileVersion, _terminal.Profile, _rules) = (local.Profiles.Version, local.Profiles.Find(_terminal.Serial), local.Rules.Now);
        _terminal.Follow(_rules, atMs, findings);
        if (findings.Count > 0) MarkDirty();
        Post(findings);
    }

    /// <summary>In the lock: nobody may see it dirty and the writer's list without it.</summary>
    private void MarkDirty()
    {
        if (!_dirty) local.Writer.MarkDirty(this);
        _dirty = true;
    }

    private static List<Finding> Findings => t_findings ??= [];

    private void Post(List<Finding> findings)
    {
        if (findings.Count == 0) return;
        var found = findings.ToArray();
        findings.Clear();
        _posting = PostFindings(_posting, found);
    }

    private void ApplyOne(in Input input, List<Finding> findings)
    {
        try
        {
            _terminal.Apply(input, findings);
            if (input.Report is { } report && _terminal.IsRegistered && _terminal.IsNewest(report)) local.Census.Hear(report, _terminal.StandsOnMains);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // One report that trips a detector must not silence the terminal's other reports.
            LogInputFailed(local.Logger, e, _terminal.Serial, input.Kind);
            GrainMetrics.InputsFailed.Add(1);
        }
    }

    private T Locked<T>(Func<Terminal, T> read)
    {
        lock (_terminal) return read(_terminal);
    }

    /// <summary>Posts behind those before. Where that fails the activation ends unsaved: the replay finds them again.</summary>
    private async Task PostFindings(Task before, Finding[] found)
    {
        try
        {
            await before;
            foreach (var finding in found)
            {
                GrainMetrics.Found(finding);
                await local.Alerts.PostAsync(finding);
            }
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    private async Task WatchAsync(long dueAtMs)
    {
        try { await local.Grains.GetGrain<IPresenceGrain>(PresenceShards.Of(_terminal.Serial)).Watch(_terminal.Serial, dueAtMs); }
        catch (Exception e)
        {
            lock (_terminal) _watchedAtMs = 0; // the next report asks again
            LogNotWatched(local.Logger, _terminal.Serial, e.Message);
        }
    }

    [LoggerMessage(4001, LogLevel.Error, "Terminal {Serial}: input {Kind} failed and is left out")]
    private static partial void LogInputFailed(ILogger logger, Exception e, string serial, InputKind kind);

    [LoggerMessage(4002, LogLevel.Warning, "Terminal {Serial}: another activation has written its state; this one ends")]
    private static partial void LogStale(ILogger logger, string serial);

    [LoggerMessage(4005, LogLevel.Error, "Terminal {Serial}: its stored state cannot be read; it begins anew")]
    private static partial void LogUnreadable(ILogger logger, Exception e, string serial);

    [LoggerMessage(4004, LogLevel.Warning, "Terminal {Serial} is not watched for silence yet: {Message}")]
    private static partial void LogNotWatched(ILogger logger, string serial, string message);

    [LoggerMessage(4003, LogLevel.Warning, "Terminal {Serial}: state not written on deactivation ({Reason}); its journal will be replayed")]
    private static partial void LogStateLost(ILogger logger, string serial, DeactivationReasonCode reason);
}

/// <summary>The activation had been superseded; apply again.</summary>
[GenerateSerializer]
public sealed class StaleTerminalException(string serial) : Exception($"the activation of {serial} is stale, or waits for a dead node's journal");
