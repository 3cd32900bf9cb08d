using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Commands;

/// <summary>
/// Brings commands to terminals: they stand in the store until the terminal acknowledges them. Every node looks for
/// new ones, and the node that has the terminal's session sends them; at the bridged brokers one node does. A terminal
/// may get one twice, and knows it by its identifier.
/// </summary>
internal sealed partial class CommandDesk(CommandStore store, Router router, Bridges bridges, TimeProvider time, ILogger<CommandDesk> logger) : ICommands, IHostedService, IDisposable
{
    /// <summary>How soon a command that another node took is seen here.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>How far back a look goes: a transaction may take that long to show its rows.</summary>
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(10);

    /// <summary>How often everything that waits is read anew, what is due expires, and what is old is forgotten.</summary>
    private static readonly TimeSpan s_tidy = TimeSpan.FromMinutes(1);

    /// <summary>A bridged terminal that speaks and has not answered for so long gets its commands again.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);

    /// <summary>Terminals for which something waits, as far as this node knows; when the bridge last heard them, Unix ms.</summary>
    private readonly ConcurrentDictionary<string, long> _waiting = new();

    /// <summary>What a session of this node has, and has not acknowledged.</summary>
    private readonly ConcurrentDictionary<(string Serial, string Id), bool> _underWay = new();

    /// <summary>What is in <see cref="_toBridge"/>.</summary>
    private readonly ConcurrentDictionary<(string Serial, string Id), bool> _bridging = new();

    /// <summary>Apart from the other work: a broker may let us wait.</summary>
    private readonly Channel<TerminalCommand> _toBridge = Channel.CreateUnbounded<TerminalCommand>(new() { SingleReader = true }); // each once: what waits in the store bounds it

    private readonly Channel<Work> _work = Channel.CreateUnbounded<Work>(); // what is under way, and each serial once

    /// <summary>Serials that are in <see cref="_work"/>: what waits for them is to be delivered. What went to the bridged brokers no later, Unix ms, goes there again; 0 for nothing.</summary>
    private readonly ConcurrentDictionary<string, long> _due = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        bridges.Heard += Hear;
        _running = Task.WhenAll(WorkAsync(), BridgeAsync(), LookAsync());
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        bridges.Heard -= Hear;
        await _stop.CancelAsync();
        await _running;
    }

    public void Dispose() { if (!_stop.IsCancellationRequested) { _stop.Cancel(); _stop.Dispose(); } } // called more than once; not stopped where the start failed

    public async Task<TerminalCommand?> SendAsync(string serial, string id, string payload, TimeSpan expiry, CancellationToken stop)
    {
        var command = await store.AddAsync(serial, id, payload, expiry, stop);
        if (command is { State: CommandState.Waiting }) Note(serial);
        return command;
    }

    public Task<TerminalCommand?> FindAsync(string serial, string id, CancellationToken stop) => store.FindAsync(serial, id, stop);

    public async Task<IReadOnlyList<TerminalCommand>> ListAsync(string serial, int limit, (long AtMs, string Id)? after, CancellationToken stop) =>
        await store.ListAsync(serial, limit, after, stop);

    public Task<bool> CancelAsync(string serial, string id, CancellationToken stop) => store.CancelAsync(serial, id, stop);

    /// <summary>The terminal may be reached now: it has connected, or subscribed to its commands.</summary>
    public void Wake(string serial)
    {
        if (_waiting.ContainsKey(serial) && (bridges.IsUp || router.Reaches(Topic.Command(serial), to => IsMeant(serial, to)))) Ask(serial);
    }

    /// <summary>
    /// Before a kept session sends again what it holds: a command that the terminal has acknowledged at another node
    /// meanwhile, or that has expired or was taken back, is void. Where the store does not say in a moment it goes again.
    /// </summary>
    public async Task ReviewAsync(Session session)
    {
        if (session.Receipts() is not { Count: > 0 } receipts) return;
        using var patience = new CancellationTokenSource(s_look, time);
        try
        {
            foreach (var held in receipts.OfType<Receipt>().GroupBy(r => r.Serial))
            {
                var waiting = (await store.WaitingAsync(held.Key, patience.Token).WaitAsync(patience.Token)).Select(c => c.Id).ToHashSet();
                foreach (var receipt in held) receipt.IsVoid = !waiting.Contains(receipt.Id);
            }
        }
        catch (Exception e) { LogNotReviewed(session.ClientId, e.Message); }
    }

    private void Note(string serial)
    {
        _waiting.TryAdd(serial, 0);
        Wake(serial);
    }

    /// <summary>A bridged terminal is there: what it may have missed goes again, everything where it has just connected.</summary>
    private void Hear(string serial, EntryKind kind)
    {
        if (!_waiting.TryGetValue(serial, out var lastMs)) return;
        var (nowMs, isOnline) = (time.GetUtcNow().ToUnixTimeMilliseconds(), kind == EntryKind.Online);
        if (!isOnline && nowMs - lastMs < s_overlap.TotalMilliseconds) return;
        if (_waiting.TryUpdate(serial, nowMs, lastMs) || isOnline)
            Ask(serial, isOnline ? long.MaxValue : nowMs - (long)s_again.TotalMilliseconds);
    }

    /// <summary>Delivers what waits for a terminal, soon: however often it is asked while the store is away, once.</summary>
    private void Ask(string serial, long bridgedBefore = 0)
    {
        while (!_due.TryAdd(serial, bridgedBefore))
            if (_due.TryGetValue(serial, out var before) && (bridgedBefore <= before || _due.TryUpdate(serial, bridgedBefore, before))) return;
        _work.Writer.TryWrite(new(serial));
    }

    private static bool IsMeant(string serial, Subscription to) => to.Session.Owner == serial || (to.Session.Owner.Length == 0 && to.Filter == Topic.Command(serial));

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(s_look, time);
        var tidiedAt = long.MinValue;
        try
        {
            do
            {
                try
                {
                    var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
                    var isDue = nowMs - s_tidy.TotalMilliseconds >= tidiedAt;
                    if (isDue) await store.ExpireAsync(s_kept, _stop.Token);
                    var known = isDue ? _waiting.Keys : [];
                    var serials = await store.SerialsWaitingAsync(isDue ? s_kept : s_overlap, _stop.Token);
                    foreach (var serial in serials) Note(serial);
                    foreach (var serial in known.Except(serials)) _waiting.TryRemove(serial, out _); // expired, or delivered elsewhere; what came just now the next look finds
                    if (isDue) tidiedAt = nowMs;
                }
                catch (Exception e) when (e is not OperationCanceledException && !_stop.IsCancellationRequested) { LogStoreAway(e.Message); }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException) { }
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var work in _work.Reader.ReadAllAsync(_stop.Token))
            {
                var bridgedBefore = work.Id is null && _due.TryRemove(work.Serial, out var before) ? before : 0;
                while (!await TryDo(work, bridgedBefore)) await Task.Delay(s_look, time, _stop.Token);
            }
        }
        catch (OperationCanceledException) { }
    }

    private async Task<bool> TryDo(Work work, long bridgedBefore)
    {
        try
        {
            if (bridgedBefore > 0) await store.BridgeAgainAsync(work.Serial, bridgedBefore, _stop.Token);
            if (work.Id is null) await DeliverAsync(work.Serial);
            else
            {
                await store.DeliveredAsync(work.Serial, work.Id, work.IsRefused, _stop.Token);
                _underWay.TryRemove((work.Serial, work.Id), out _);
            }
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogStoreAway(e.Message);
            return false;
        }
    }

    private async Task DeliverAsync(string serial)
    {
        var waiting = await store.WaitingAsync(serial, _stop.Token);
        if (waiting.Count == 0) _waiting.TryRemove(serial, out _);
        foreach (var command in waiting)
        {
            if (!_underWay.TryAdd((serial, command.Id), true)) continue;
            var receipt = new Receipt(this, serial, command.Id);
            router.Publish(new(Topic.Command(serial), Encoding.UTF8.GetBytes(command.Payload), Qos: 1, Retain: false, command.ExpiresAt)
            {
                Receipt = receipt,
                Properties = new() { ResponseTopic = Topic.Result(serial), CorrelationData = Encoding.UTF8.GetBytes(command.Id), ContentType = "application/json" },
            }, from: null);
            if (receipt.IsTaken) continue;
            _underWay.TryRemove((serial, command.Id), out _);
            if (bridges.IsUp && _bridging.TryAdd((serial, command.Id), true)) _toBridge.Writer.TryWrite(command);
        }
    }

    private async Task BridgeAsync()
    {
        try
        {
            await foreach (var command in _toBridge.Reader.ReadAllAsync(_stop.Token))
            {
                var leftMs = time.GetUtcNow().ToUnixTimeMilliseconds();
                try { await BridgeAsync(command); }
                catch (Exception e) when (e is not OperationCanceledException) { LogStoreAway(e.Message); } // the next look brings it
                _bridging.TryRemove((command.Serial, command.Id), out _);
                // Heard meanwhile, before it was known that nobody had it: what is marked so goes at once.
                if (_waiting.TryGetValue(command.Serial, out var heardMs) && heardMs >= leftMs) Ask(command.Serial, bridgedBefore: 1);
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>At a broker nobody knows whether the terminal has it, but by its result: it goes there once until the terminal is heard again.</summary>
    private async Task BridgeAsync(TerminalCommand command)
    {
        if (!await store.TryBridgeAsync(command.Serial, command.Id, _stop.Token)) return;
        if (await bridges.PublishAsync(command.Serial, Encoding.UTF8.GetBytes(command.Payload), _stop.Token)) return;
        await store.NotBridgedAsync(command.Serial, command.Id, _stop.Token);
    }

    /// <summary>What becomes of a command that a session has taken. Called under the session's lock.</summary>
    private sealed class Receipt(CommandDesk desk, string serial, string id) : IReceipt
    {
        private volatile bool _isVoid;

        public string Serial => serial;

        public string Id => id;

        public bool IsTaken { get; private set; }

        public bool IsVoid { get => _isVoid; set => _isVoid = value; }

        public bool IsFor(Subscription subscription) => IsMeant(serial, subscription);

        public void Taken() => IsTaken = true;

        public void Acknowledged(bool isFailure) => desk._work.Writer.TryWrite(new(serial, id, isFailure));

        public void Dropped() => desk._underWay.TryRemove((serial, id), out _); // it waits in the store
    }

    /// <param name="Id">The command that was acknowledged; null to deliver what waits.</param>
    private readonly record struct Work(string Serial, string? Id = null, bool IsRefused = false);

    /// <summary>For tests: terminals that this node believes something waits for.</summary>
    internal int Waiting => _waiting.Count;

    internal int Queued => _work.Reader.Count;

    [LoggerMessage(1663, LogLevel.Warning, "Commands that {ClientId} has under way may come twice, the store does not say what it has: {Message}")]
    private partial void LogNotReviewed(string clientId, string message);

    [LoggerMessage(1661, LogLevel.Warning, "Commands wait, the store is away: {Message}")]
    private partial void LogStoreAway(string message);
}
