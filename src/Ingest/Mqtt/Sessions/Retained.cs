using System.Collections.Concurrent;
using Fleet.Ingest.Mqtt.Packets;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>The last retained message of each topic (MQTT 5, 3.3.1.3). In memory: a restart forgets them, and terminals say them again.</summary>
internal sealed class Retained(long maxBytes, TimeProvider time)
{
    /// <summary>What an entry costs beside its message, about.</summary>
    private const int Overhead = 300;

    /// <summary>A look at all for what has expired, when there is no room: no more often, however many are refused.</summary>
    private const long SweepEveryMs = 1000;

    private readonly Lock _lock = new();

    /// <summary>Changed under the lock, together with the topics and the bytes; read without.</summary>
    private readonly ConcurrentDictionary<string, Message> _messages = new();

    /// <summary>In their order: those of one terminal stand together, and are found without a look at the others.</summary>
    private readonly SortedSet<string> _topics = new(StringComparer.Ordinal);
    private long _bytes;
    private long _sweptAtMs = -SweepEveryMs;

    public int Count => _messages.Count;

    /// <summary>Keeps a message, or clears its topic where the payload is empty; false when there is no room for it.</summary>
    public bool TryKeep(Message message)
    {
        lock (_lock)
        {
            if (message.Payload.IsEmpty)
            {
                Remove(message.Topic);
                return true;
            }
            if (!HasRoomFor(message) && !(TrySweep() && HasRoomFor(message))) return false;
            Remove(message.Topic);
            // The payload may be a piece of a larger packet, which would be kept with it.
            _messages[message.Topic] = message with { Payload = message.Payload.ToArray() };
            _topics.Add(message.Topic);
            _bytes += Size(message);
            return true;
        }
    }

    /// <summary>The messages that a filter, not a shared one, matches.</summary>
    public IEnumerable<Message> Match(string filter)
    {
        var nowMs = NowMs();
        var candidates = !TopicFilter.HasWildcard(filter) ? Of([filter]) : RootOf(filter) is { } root ? Of(Under(root)) : _messages.Select(m => m.Value);
        return candidates.Where(m => m.ExpiresAtMs > nowMs && TopicFilter.Matches(filter, m.Topic));
    }

    private IEnumerable<Message> Of(IEnumerable<string> topics)
    {
        foreach (var topic in topics)
            if (_messages.TryGetValue(topic, out var message)) yield return message;
    }

    /// <summary>The topic itself, which <c>root/#</c> matches too (4.7.1.2), and those below it.</summary>
    private List<string> Under(string root)
    {
        lock (_lock) return [root, .. _topics.GetViewBetween(root + '/', root + (char)('/' + 1))];
    }

    /// <summary>The first three levels of a filter with wildcards, <c>fleet/v1/{serial}</c>; null where it has a wildcard in them.</summary>
    private static string? RootOf(string filter)
    {
        var literal = filter.AsSpan()[..filter.AsSpan().IndexOfAny('+', '#')];
        for (int level = 1, from = 0; ; level++)
        {
            var slash = literal[from..].IndexOf('/');
            if (slash < 0) return null;
            from += slash + 1;
            if (level == 3) return filter[..(from - 1)];
        }
    }

    private bool HasRoomFor(Message message) =>
        _bytes - (_messages.TryGetValue(message.Topic, out var before) ? Size(before) : 0) + Size(message) <= maxBytes;

    private bool TrySweep()
    {
        var nowMs = NowMs();
        if (nowMs < _sweptAtMs + SweepEveryMs) return false;
        _sweptAtMs = nowMs;
        foreach (var (topic, message) in _messages)
            if (message.ExpiresAtMs <= nowMs) Remove(topic);
        return true;
    }

    private void Remove(string topic)
    {
        if (!_messages.TryRemove(topic, out var message)) return;
        _topics.Remove(topic);
        _bytes -= Size(message);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static long Size(Message message) => message.Bytes + Overhead;
}
