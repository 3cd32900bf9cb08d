namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>Brings a message to whoever subscribes to it: to each session once (MQTT 5, 3.3.4).</summary>
internal sealed class Router(Subscriptions subscriptions, Retained retained)
{
    [ThreadStatic] private static List<Subscription>? t_matches;

    /// <summary>Keeps a retained message; false when there is no room for it, and it goes to nobody.</summary>
    public bool TryKeep(Message message) => !message.Retain || retained.TryKeep(message);

    /// <param name="from">The session that published it, for No Local; null for our own.</param>
    /// <returns>How many sessions get it.</returns>
    public int Publish(Message message, Session? from)
    {
        var matches = t_matches ??= [];
        matches.Clear();
        subscriptions.Match(message.Topic, matches);
        if (message.Receipt is { } receipt && !Reaches(matches, receipt.IsFor)) matches.Clear(); // it waits elsewhere
        if (matches.Count > 1) matches.Sort(static (a, b) => a.Session.Ordinal.CompareTo(b.Session.Ordinal));
        var sessions = 0;
        for (var i = 0; i < matches.Count;)
        {
            var (first, session) = (i, matches[i].Session);
            for (; i < matches.Count && matches[i].Session == session; i++) { }
            if (Deliver(message, from, session, matches, first, i)) sessions++;
        }
        matches.Clear();
        return sessions;
    }

    private static bool Reaches(List<Subscription> matches, Predicate<Subscription> isMeant) => matches.Exists(m => m.Session.IsReady && isMeant(m));

    /// <summary>Whether one of those who are meant is connected and subscribes to a topic.</summary>
    public bool Reaches(string topic, Predicate<Subscription> isMeant)
    {
        var matches = t_matches ??= [];
        matches.Clear();
        subscriptions.Match(topic, matches);
        var reaches = Reaches(matches, isMeant);
        matches.Clear();
        return reaches;
    }

    /// <summary>Gives a new subscription the retained messages that it matches, in the form of MQTT 5, 3.3.1.3.</summary>
    /// <remarks>A client that asks for them again and again and takes none gets no more (counted as one).</remarks>
    public void SendRetained(Subscription subscription)
    {
        if (!subscription.Session.HasRoomForSnapshot(retained.Count))
        {
            IngestMetrics.Undelivered.Add(1);
            return;
        }
        List<uint>? ids = subscription.Id == 0 ? null : [subscription.Id];
        foreach (var message in retained.Match(subscription.Filter)) subscription.Session.Deliver(message, subscription.Qos, retain: true, ids, isSnapshot: true);
    }

    /// <summary>One delivery for all of a session's subscriptions that match: at the highest QoS among them, with all their identifiers [MQTT-3.3.4-2, 3.3.4-4].</summary>
    private static bool Deliver(Message message, Session? from, Session session, List<Subscription> matches, int first, int end)
    {
        var (qos, retain, isMeant, ids) = (-1, false, false, (List<uint>?)null);
        for (var i = first; i < end; i++)
        {
            var subscription = matches[i];
            if (subscription.NoLocal && session == from) continue;
            qos = Math.Max(qos, subscription.Qos);
            retain |= subscription.RetainAsPublished && message.Retain;
            isMeant |= message.Receipt?.IsFor(subscription) == true;
            if (subscription.Id > 0) (ids ??= []).Add(subscription.Id);
        }
        if (qos < 0) return false;
        if (message.Receipt is { } receipt)
        {
            if (!isMeant) message = message with { Receipt = null };
            else if (session.IsReady) receipt.Taken();
            else return false; // it waits elsewhere
        }
        session.Deliver(message, qos, retain, ids);
        return true;
    }
}
