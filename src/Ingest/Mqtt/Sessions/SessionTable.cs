using System.Diagnostics.CodeAnalysis;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>
/// All sessions of this node, with and without a connection; their beginnings, take-overs and ends. In memory. A client
/// identifier is its owner's own: whoever else uses it has another session, and can neither take this one nor keep it from its owner.
/// </summary>
internal sealed class SessionTable(MqttOptions options, Subscriptions subscriptions, TelemetryWatchers watchers, TimeProvider time)
{
    /// <summary>Of one session; each costs memory.</summary>
    private const int MostSubscriptions = 1000;

    /// <summary>Of nobody in particular, without a connection; an owner's sessions are counted together.</summary>
    internal const int MostAnonymousAway = 10_000;

    private readonly Lock _lock = new();
    private readonly QueueRoom _room = new(options.MaxQueuedBytes);
    private readonly Dictionary<(string Owner, string ClientId), Session> _sessions = [];
    private readonly Dictionary<string, Owner> _byOwner = [];

    /// <summary>Sessions without a connection, by when something is to happen to them.</summary>
    private readonly SortedDictionary<(long AtMs, long Number), Session> _due = [];

    /// <summary>Those of them that are anonymous, in the order of their last connections.</summary>
    private readonly SortedDictionary<long, Session> _anonymousAway = [];
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
        List<Will>? due = null;
        lock (_lock)
        {
            (isPresent, taken) = (false, null);
            var access = opening.Access;
            if (_sessions.TryGetValue((opening.Owner, opening.ClientId), out session))
            {
                taken = session.Connection;
                // A reconnect within its delay takes the will back, a new session does not [MQTT-3.1.3-9]; one without delay is due.
                if (session.Will is { } last && (opening.CleanStart || (taken is not null && last.DelaySeconds == 0))) (due ??= []).Add(last);
                session.Will = null;
                if (opening.CleanStart) End(session);
                isPresent = !opening.CleanStart;
            }
            if (!isPresent && !TryAdd(opening, ref due, out session)) return false;
            Unlist(session!);
            _lastNumber = Math.Max(_lastNumber + 1, NowMs() << 20);
            session!.Number = _lastNumber;
            if (_byOwner.TryGetValue(opening.Owner, out var owner)) owner.LastNumber = _lastNumber;
            (session.ExpirySeconds, session.EndsAtMs) = (opening.ExpirySeconds, long.MaxValue);
            // It may have been begun with wider rights than these.
            foreach (var filter in session.Subscriptions.Keys.Where(f => !access.AllowsSubscription(TopicFilter.Split(f).Filter)).ToList()) Remove(session, filter);
            session.Attach(connection);
            connection.Enter(session, access, _lastNumber); // whatever goes wrong from here on ends with its connection
        }
        taken?.Close(MqttDisconnectReasonCode.SessionTakenOver);
        Publish(due);
        return true;
    }

    /// <summary>A connection is accepted: from here on its will stands.</summary>
    public void Accept(Connection connection, Session session, Will will)
    {
        lock (_lock)
            if (session.Connection == connection) session.Will = will with { SessionNumber = connection.SessionNumber };
    }

    /// <summary>A connection that takes leave says how long its session is kept; one that was taken over says nothing of the next one's.</summary>
    public void Keep(Connection connection, Session session, uint seconds)
    {
        lock (_lock)
            if (session.Connection == connection) session.ExpirySeconds = seconds;
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="withWill">It did not take leave.</param>
    /// <param name="lastNumber">The highest number that its owner's sessions here have had.</param>
    /// <returns>Whether its session has none now, and no other session of its owner has: it is away.</returns>
    public bool Close(Connection connection, Session session, bool withWill, out long lastNumber)
    {
        List<Will>? due = null;
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
                if (session.Will.DueAtMs <= nowMs) TakeWill(session, ref due);
            }
            var owner = _byOwner.GetValueOrDefault(session.Owner);
            isAway = isCurrent && owner?.Sessions.Exists(s => s.Connection is not null) != true;
            lastNumber = Math.Max(lastNumber, owner?.LastNumber ?? 0);
            if (session.EndsAtMs <= nowMs) End(session);
            else if (isCurrent) List(session);
            while (_anonymousAway.Count > MostAnonymousAway) GiveUp(_anonymousAway.First().Value, ref due);
        }
        Publish(due);
        return isAway;
    }

    /// <summary>Publishes the wills that are due and ends the sessions that have expired.</summary>
    public void Sweep()
    {
        List<Will>? due = null;
        lock (_lock)
        {
            var nowMs = NowMs();
            while (_due.Count > 0 && _due.First() is var (key, session) && key.AtMs <= nowMs)
            {
                Unlist(session);
                if (session.Will?.DueAtMs <= nowMs) TakeWill(session, ref due);
                if (session.EndsAtMs <= nowMs) End(session);
                else List(session);
            }
        }
        Publish(due);
    }

    /// <summary>Subscribes, where the session is still this connection's: what one that was taken over may do the next may not.</summary>
    /// <returns>Why not; null where it is done.</returns>
    public MqttSubscribeReasonCode? Subscribe(Connection connection, Subscription subscription, out bool isNew)
    {
        var session = subscription.Session;
        lock (_lock)
        {
            isNew = !session.Subscriptions.TryGetValue(subscription.Filter, out var before);
            if (!IsOf(connection, session)) return MqttSubscribeReasonCode.UnspecifiedError;
            if (isNew && session.Subscriptions.Count >= MostSubscriptions) return MqttSubscribeReasonCode.QuotaExceeded;
            watchers.Change(before, subscription);
            session.Subscriptions[subscription.Filter] = subscription;
            subscriptions.Add(subscription);
            return null;
        }
    }

    /// <returns>Whether there was such a subscription.</returns>
    public bool Unsubscribe(Connection connection, Session session, string filter)
    {
        lock (_lock) return IsOf(connection, session) && Remove(session, filter);
    }

    private bool IsOf(Connection connection, Session session) => session.Connection == connection && IsCurrent(session);

    private bool Remove(Session session, string filter)
    {
        if (!session.Subscriptions.Remove(filter, out var subscription)) return false;
        subscriptions.Remove(subscription);
        watchers.Change(subscription, null);
        return true;
    }

    private bool IsCurrent(Session session) => _sessions.GetValueOrDefault((session.Owner, session.ClientId)) == session;

    private bool TryAdd(in Opening opening, ref List<Will>? due, out Session? session)
    {
        session = null;
        var owner = _byOwner.GetValueOrDefault(opening.Owner);
        if (owner?.Sessions.Count >= opening.MostSessions)
        {
            // Who changes its client identifier leaves sessions behind: the one that has been away longest goes.
            if (owner.Sessions.Where(s => s.Connection is null).MinBy(s => s.Number) is not { } oldest) return false;
            GiveUp(oldest, ref due);
        }
        session = new(opening.ClientId, opening.Owner, options, _room, time);
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
        if (session.Owner.Length == 0) _anonymousAway[session.Number] = session;
    }

    private void Unlist(Session session)
    {
        if (session.ListedForMs < long.MaxValue) _due.Remove((session.ListedForMs, session.Number));
        session.ListedForMs = long.MaxValue;
        _anonymousAway.Remove(session.Number);
    }

    /// <summary>Ends a session that has no connection before its time; with it its will is due (MQTT 5, 3.1.3.2.2).</summary>
    private void GiveUp(Session session, ref List<Will>? due)
    {
        TakeWill(session, ref due);
        End(session);
    }

    private static void TakeWill(Session session, ref List<Will>? due)
    {
        if (session.Will is { } will) (due ??= []).Add(will);
        session.Will = null;
    }

    /// <summary>With no lock held: it goes to whoever subscribes.</summary>
    private void Publish(List<Will>? due)
    {
        foreach (var will in due ?? []) PublishWill(will);
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
/// <param name="Access">With what rights.</param>
/// <param name="MostSessions">How many their owner may have, kept ones included.</param>
internal readonly record struct Opening(string ClientId, Access Access, bool CleanStart, uint ExpirySeconds, int MostSessions)
{
    /// <summary>Whose session it is: a serial, or a name; empty for anonymous clients.</summary>
    public string Owner { get; } = Access.Name ?? "";
}
