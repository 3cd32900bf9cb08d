using Fleet.Ingest.Mqtt.Packets;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>
/// Who subscribes to what. Filters without wildcards stand in one table by topic, for there are as many as
/// terminals; the others in a tree by level.
/// </summary>
internal sealed class Subscriptions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Place> _exact = [];
    private readonly Node _root = new();

    /// <summary>Adds a subscription, in the place of the same session's with the same filter [MQTT-3.8.4-3].</summary>
    public void Add(Subscription subscription)
    {
        var (share, filter) = TopicFilter.Split(subscription.Filter);
        lock (_lock)
        {
            if (TopicFilter.HasWildcard(filter)) _root.Find(filter, make: true)!.Place.Add(share, subscription);
            else
            {
                if (!_exact.TryGetValue(filter, out var place)) _exact[filter] = place = new();
                place.Add(share, subscription);
            }
        }
    }

    public void Remove(Subscription subscription)
    {
        var (share, filter) = TopicFilter.Split(subscription.Filter);
        lock (_lock)
        {
            if (TopicFilter.HasWildcard(filter)) _root.Remove(filter, share, subscription);
            else if (_exact.TryGetValue(filter, out var place) && place.Remove(share, subscription)) _exact.Remove(filter);
        }
    }

    /// <summary>Adds the subscriptions that a topic matches: of each shared group, one.</summary>
    public void Match(string topic, List<Subscription> to)
    {
        lock (_lock)
        {
            if (_exact.TryGetValue(topic, out var place)) place.Choose(to);
            _root.Match(topic, topic.StartsWith('$'), to);
        }
    }

    /// <summary>The subscriptions of one filter.</summary>
    private sealed class Place
    {
        private readonly List<Subscription> _each = new(1);
        private Dictionary<string, Group>? _groups;

        public bool IsEmpty => _each.Count == 0 && _groups is null;

        public void Add(string? share, Subscription subscription)
        {
            var members = _each;
            if (share is not null)
            {
                _groups ??= [];
                if (!_groups.TryGetValue(share, out var group)) _groups[share] = group = new();
                members = group.Members;
            }
            var known = members.FindIndex(s => s.Session == subscription.Session);
            if (known >= 0) members[known] = subscription;
            else members.Add(subscription);
        }

        /// <returns>Whether nothing is left.</returns>
        public bool Remove(string? share, Subscription subscription)
        {
            if (share is null) _each.RemoveAll(s => s.Session == subscription.Session);
            else if (_groups?.GetValueOrDefault(share) is { } group)
            {
                group.Members.RemoveAll(s => s.Session == subscription.Session);
                if (group.Members.Count == 0) _groups.Remove(share);
                if (_groups.Count == 0) _groups = null;
            }
            return IsEmpty;
        }

        public void Choose(List<Subscription> to)
        {
            to.AddRange(_each);
            if (_groups is null) return;
            foreach (var group in _groups.Values) to.Add(group.Next());
        }
    }

    /// <summary>A shared subscription: its members take turns, those who can take a message at once before those who are busy, and these before those who are away (MQTT 5, 4.8.2).</summary>
    private sealed class Group
    {
        private int _turn;

        public List<Subscription> Members { get; } = [];

        public Subscription Next() => Next(static s => s.IsFree) ?? Next(static s => s.IsReady) ?? Next(static _ => true)!;

        private Subscription? Next(Predicate<Session> suits)
        {
            for (var i = 0; i < Members.Count; i++)
            {
                var member = Members[(_turn + i) % Members.Count];
                if (!suits(member.Session)) continue;
                _turn = (_turn + i + 1) % Members.Count;
                return member;
            }
            return null;
        }
    }

    /// <summary>One level of the filters with wildcards.</summary>
    private sealed class Node
    {
        private readonly Dictionary<string, Node> _levels = [];

        public Place Place { get; } = new();

        public Node? Find(ReadOnlySpan<char> filter, bool make)
        {
            var level = TopicFilter.Level(ref filter, out var isLast);
            var levels = _levels.GetAlternateLookup<ReadOnlySpan<char>>();
            if (!levels.TryGetValue(level, out var node))
            {
                if (!make) return null;
                levels[level] = node = new();
            }
            return isLast ? node : node.Find(filter, make);
        }

        /// <returns>Whether nothing is left.</returns>
        public bool Remove(ReadOnlySpan<char> filter, string? share, Subscription subscription)
        {
            var level = TopicFilter.Level(ref filter, out var isLast);
            var levels = _levels.GetAlternateLookup<ReadOnlySpan<char>>();
            if (!levels.TryGetValue(level, out var node)) return false;
            if (isLast) node.Place.Remove(share, subscription);
            else node.Remove(filter, share, subscription);
            if (node.Place.IsEmpty && node._levels.Count == 0) levels.Remove(level);
            return _levels.Count == 0 && Place.IsEmpty;
        }

        public void Match(ReadOnlySpan<char> topic, bool isHidden, List<Subscription> to)
        {
            if (_levels.Count == 0) return;
            if (!isHidden && _levels.TryGetValue("#", out var rest)) rest.Place.Choose(to);
            var level = TopicFilter.Level(ref topic, out var isLast);
            if (_levels.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(level, out var exact)) exact.Go(topic, isLast, to);
            if (!isHidden && _levels.TryGetValue("+", out var any)) any.Go(topic, isLast, to);
        }

        private void Go(ReadOnlySpan<char> topic, bool isLast, List<Subscription> to)
        {
            if (!isLast)
            {
                Match(topic, isHidden: false, to);
                return;
            }
            Place.Choose(to);
            if (_levels.TryGetValue("#", out var parent)) parent.Place.Choose(to); // a/# matches a too (4.7.1.2)
        }
    }
}
