using System.Diagnostics.CodeAnalysis;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>All sessions of this node, with and without a connection; their beginnings, take-overs and ends. In memory.</summary>
internal sealed class SessionTable(MqttOptions options, Subscriptions subscriptions, TelemetryWatchers watchers, TimeProvider time)
{
    /// <summary>A terminal has one session, a few while it changes its client identifier; kept sessions hold memory.</summary>
    private const int MostOfOneOwner = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Session> _byClientId = [];
    private readonly Dictionary<string, List<Session>> _byOwner = [];
    private readonly PriorityQueue<Session, long> _due = new();

    /// <summary>What a will is given to when it is due.</summary>
    public Action<Will> PublishWill { get; set; } = _ => { };

    public int Count { get { lock (_lock) return _byClientId.Count; } }

    /// <summary>Gives a connection its session: a new one, or the one there is; its connection, if it has one, is closed (MQTT 5, 3.1.4).</summary>
    /// <param name="isPresent">For the CONNACK: state from before was kept.</param>
    /// <param name="refusal">Where false: nobody takes a client identifier of another owner, nor more than a few.</param>
    public bool TryOpen(Connection connection, string clientId, string owner, bool cleanStart, [NotNullWhen(true)] out Session? session, out bool isPresent, out string refusal)
    {
        Connection? taken;
        Will? will;
        lock (_lock)
        {
            (isPresent, refusal, will, taken) = (false, "", null, null);
            if (_byClientId.TryGetValue(clientId, out session))
            {
                if (session.Owner != owner) { refusal = "foreign-client-identifier"; return false; }
                taken = session.Connection;
                // A reconnect within its delay takes the will back, a new session does not [MQTT-3.1.3-9]; one without delay is due.
                if (session.Will is { } last && (cleanStart || (taken is not null && last.DelaySeconds == 0))) will = last;
                session.Will = null;
                if (cleanStart) End(session);
                isPresent = !cleanStart;
            }
            if (!isPresent && !TryAdd(clientId, owner, out session)) { refusal = "too-many-sessions"; return false; }
            session!.Number = (NowMs() << 20) | (uint)Random.Shared.Next(1 << 20);
            session.Attach(connection);
        }
        taken?.Close(MQTTnet.Protocol.MqttDisconnectReasonCode.SessionTakenOver);
        if (will is not null) PublishWill(will);
        return true;
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="withWill">It did not take leave.</param>
    /// <param name="lastNumber">The highest number of its owner's sessions here.</param>
    /// <returns>Whether its session has none now, and no other session of its owner has: it is away.</returns>
    public bool Close(Connection connection, Session session, bool withWill, out long lastNumber)
    {
        Will? due = null;
        bool isAway;
        lastNumber = session.Number;
        lock (_lock)
        {
            if (!session.Detach(connection)) return false;
            var nowMs = NowMs();
            if (!withWill) session.Will = null;
            session.EndsAtMs = session.ExpirySeconds == uint.MaxValue ? long.MaxValue : nowMs + session.ExpirySeconds * 1000L;
            if (session.Will is { } will)
            {
                // Due after its delay or with the session's end, whichever comes first (MQTT 5, 3.1.3.2.2).
                session.Will = will with { DueAtMs = Math.Min(session.EndsAtMs, nowMs + will.DelaySeconds * 1000L) };
                if (session.Will.DueAtMs <= nowMs) (due, session.Will) = (session.Will, null);
                else _due.Enqueue(session, session.Will.DueAtMs);
            }
            var others = _byOwner.GetValueOrDefault(session.Owner, []);
            isAway = !others.Exists(s => s.Connection is not null);
            if (others.Count > 0) lastNumber = others.Max(s => s.Number);
            if (session.EndsAtMs <= nowMs) End(session);
            else if (session.EndsAtMs < long.MaxValue) _due.Enqueue(session, session.EndsAtMs);
        }
        if (due is not null) PublishWill(due);
        return isAway;
    }

    /// <summary>Publishes the wills that are due and ends the sessions that have expired.</summary>
    public void Sweep()
    {
        List<Will> due = [];
        lock (_lock)
        {
            var nowMs = NowMs();
            while (_due.TryPeek(out var session, out var atMs) && atMs <= nowMs)
            {
                _due.Dequeue();
                if (session.Connection is not null) continue;
                if (session.Will is { } will && will.DueAtMs <= nowMs)
                {
                    due.Add(will);
                    session.Will = null;
                }
                if (session.EndsAtMs <= nowMs) End(session);
            }
        }
        foreach (var will in due) PublishWill(will);
    }

    public void Subscribe(Subscription subscription)
    {
        lock (_lock)
        {
            if (_byClientId.GetValueOrDefault(subscription.Session.ClientId) != subscription.Session) return; // ended meanwhile
            watchers.Change(subscription.Session.Subscriptions.GetValueOrDefault(subscription.Filter), subscription);
            subscription.Session.Subscriptions[subscription.Filter] = subscription;
            subscriptions.Add(subscription);
        }
    }

    /// <returns>Whether there was such a subscription.</returns>
    public bool Unsubscribe(Session session, string filter)
    {
        lock (_lock)
        {
            if (!session.Subscriptions.Remove(filter, out var subscription)) return false;
            subscriptions.Remove(subscription);
            watchers.Change(subscription, null);
            return true;
        }
    }

    /// <summary>Whether a client has connected with this identifier and its session is still kept.</summary>
    public bool Has(string clientId)
    {
        lock (_lock) return _byClientId.ContainsKey(clientId);
    }

    private bool TryAdd(string clientId, string owner, out Session? session)
    {
        session = null;
        var ofOwner = _byOwner.GetValueOrDefault(owner);
        if (owner.Length > 0 && ofOwner?.Count >= MostOfOneOwner) return false;
        session = new(clientId, owner, options, time);
        _byClientId.Add(clientId, session);
        if (owner.Length == 0) return true;
        if (ofOwner is null) _byOwner[owner] = ofOwner = new(1);
        ofOwner.Add(session);
        return true;
    }

    private void End(Session session)
    {
        // One that was ended by its client's new beginning still has its connection, which ends later.
        if (_byClientId.GetValueOrDefault(session.ClientId) == session) _byClientId.Remove(session.ClientId);
        if (_byOwner.TryGetValue(session.Owner, out var ofOwner) && ofOwner.Remove(session) && ofOwner.Count == 0) _byOwner.Remove(session.Owner);
        foreach (var subscription in session.Subscriptions.Values)
        {
            subscriptions.Remove(subscription);
            watchers.Change(subscription, null);
        }
        session.Subscriptions.Clear();
        session.End();
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
