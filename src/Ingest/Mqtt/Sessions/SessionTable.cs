using System.Diagnostics.CodeAnalysis;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>
/// All sessions of this node, with and without a connection; their beginnings, take-overs and ends. In memory. A client
/// identifier is its owner's own: whoever else uses it has another session, and can neither take this one nor keep it from its owner.
/// </summary>
internal sealed class SessionTable(MqttOptions options, Subscriptions subscriptions, TelemetryWatchers watchers, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Owner, string ClientId), Session> _sessions = [];
    private readonly Dictionary<string, Owner> _byOwner = [];

    /// <summary>Sessions without a connection, by when something is to happen to them.</summary>
    private readonly SortedDictionary<(long AtMs, long Number), Session> _due = [];
    private long _lastNumber;

    /// <summary>What a will is given to when it is due.</summary>
    public Action<Will> PublishWill { get; set; } = _ => { };

    public int Count { get { lock (_lock) return _sessions.Count; } }

    /// <summary>Gives a connection its session: a new one, or the one there is; its connection, if it has one, is closed (MQTT 5, 3.1.4).</summary>
    /// <param name="isPresent">For the CONNACK: state from before was kept.</param>
    /// <returns>False where its owner has as many as it may, all of them connected.</returns>
    public bool TryOpen(Connection connection, in Opening opening, [NotNullWhen(true)] out Session? session, out bool isPresent)
    {
        Connection? taken;
        Will? will;
        lock (_lock)
        {
            (isPresent, will, taken) = (false, null, null);
            if (_sessions.TryGetValue((opening.Owner, opening.ClientId), out session))
            {
                taken = session.Connection;
                // A reconnect within its delay takes the will back, a new session does not [MQTT-3.1.3-9]; one without delay is due.
                if (session.Will is { } last && (opening.CleanStart || (taken is not null && last.DelaySeconds == 0))) will = last;
                session.Will = null;
                if (opening.CleanStart) End(session);
                isPresent = !opening.CleanStart;
            }
            if (!isPresent && !TryAdd(opening, out session)) return false;
            Unlist(session!);
            _lastNumber = Math.Max(_lastNumber + 1, NowMs() << 20);
            session!.Number = connection.SessionNumber = _lastNumber;
            if (_byOwner.TryGetValue(opening.Owner, out var owner)) owner.LastNumber = _lastNumber;
            (session.ExpirySeconds, session.EndsAtMs) = (opening.ExpirySeconds, long.MaxValue);
            session.Will = opening.Will is null ? null : opening.Will with { SessionNumber = _lastNumber };
            session.Attach(connection);
        }
        taken?.Close(MQTTnet.Protocol.MqttDisconnectReasonCode.SessionTakenOver);
        if (will is not null) PublishWill(will);
        return true;
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="withWill">It did not take leave.</param>
    /// <param name="lastNumber">The highest number that its owner's sessions here have had.</param>
    /// <returns>Whether its session has none now, and no other session of its owner has: it is away.</returns>
    public bool Close(Connection connection, Session session, bool withWill, out long lastNumber)
    {
        Will? due = null;
        bool isAway;
        lastNumber = session.Number;
        lock (_lock)
        {
            if (!session.Detach(connection)) return false;
            var isCurrent = IsCurrent(session);
            var nowMs = NowMs();
            if (!withWill) session.Will = null;
            session.EndsAtMs = session.ExpirySeconds == uint.MaxValue ? long.MaxValue : nowMs + session.ExpirySeconds * 1000L;
            if (session.Will is { } will)
            {
                // Due after its delay or with the session's end, whichever comes first (MQTT 5, 3.1.3.2.2).
                session.Will = will with { DueAtMs = Math.Min(session.EndsAtMs, nowMs + will.DelaySeconds * 1000L) };
                if (session.Will.DueAtMs <= nowMs) (due, session.Will) = (session.Will, null);
            }
            var owner = _byOwner.GetValueOrDefault(session.Owner);
            isAway = isCurrent && owner?.Sessions.Exists(s => s.Connection is not null) != true;
            lastNumber = Math.Max(lastNumber, owner?.LastNumber ?? 0);
            if (session.EndsAtMs <= nowMs) End(session);
            else if (isCurrent) List(session);
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
            while (_due.Count > 0 && _due.First() is var (key, session) && key.AtMs <= nowMs)
            {
                Unlist(session);
                if (session.Will is { } will && will.DueAtMs <= nowMs)
                {
                    due.Add(will);
                    session.Will = null;
                }
                if (session.EndsAtMs <= nowMs) End(session);
                else List(session);
            }
        }
        foreach (var will in due) PublishWill(will);
    }

    public void Subscribe(Subscription subscription)
    {
        lock (_lock)
        {
            if (!IsCurrent(subscription.Session)) return; // ended meanwhile
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

    private bool IsCurrent(Session session) => _sessions.GetValueOrDefault((session.Owner, session.ClientId)) == session;

    private bool TryAdd(in Opening opening, out Session? session)
    {
        session = null;
        var owner = _byOwner.GetValueOrDefault(opening.Owner);
        if (owner?.Sessions.Count >= opening.MostSessions)
        {
            // Who changes its client identifier leaves sessions behind: the one that has been away longest goes.
            if (owner.Sessions.Where(s => s.Connection is null).MinBy(s => s.Number) is not { } oldest) return false;
            End(oldest);
        }
        session = new(opening.ClientId, opening.Owner, options, time);
        _sessions.Add((opening.Owner, opening.ClientId), session);
        if (opening.Owner.Length == 0) return true;
        if (!_byOwner.TryGetValue(opening.Owner, out owner)) _byOwner[opening.Owner] = owner = new();
        owner.Sessions.Add(session);
        return true;
    }

    private void List(Session session)
    {
        session.ListedForMs = Math.Min(session.EndsAtMs, session.Will?.DueAtMs ?? long.MaxValue);
        if (session.ListedForMs < long.MaxValue) _due[(session.ListedForMs, session.Number)] = session;
    }

    private void Unlist(Session session)
    {
        if (session.ListedForMs < long.MaxValue) _due.Remove((session.ListedForMs, session.Number));
        session.ListedForMs = long.MaxValue;
    }

    private void End(Session session)
    {
        Unlist(session);
        // One that was ended by its client's new beginning still has its connection, which ends later.
        if (IsCurrent(session)) _sessions.Remove((session.Owner, session.ClientId));
        if (_byOwner.TryGetValue(session.Owner, out var owner) && owner.Sessions.Remove(session) && owner.Sessions.Count == 0) _byOwner.Remove(session.Owner);
        foreach (var subscription in session.Subscriptions.Values)
        {
            subscriptions.Remove(subscription);
            watchers.Change(subscription, null);
        }
        session.Subscriptions.Clear();
        session.End();
    }

    private sealed class Owner
    {
        public List<Session> Sessions { get; } = new(1);
        public long LastNumber { get; set; }
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>What a CONNECT asks of the table.</summary>
/// <param name="Owner">Whose session it is: a serial, or a name; empty for anonymous clients.</param>
/// <param name="MostSessions">How many that owner may have, kept ones included.</param>
/// <param name="Will">Its last will, still without its session's number.</param>
internal readonly record struct Opening(string ClientId, string Owner, bool CleanStart, uint ExpirySeconds, Will? Will, int MostSessions);
