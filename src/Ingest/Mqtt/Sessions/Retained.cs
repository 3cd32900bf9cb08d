using System.Collections.Concurrent;
using Fleet.Ingest.Mqtt.Packets;

namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>The last retained message of each topic (MQTT 5, 3.3.1.3). In memory: a restart forgets them, and terminals say them again.</summary>
internal sealed class Retained(long maxBytes, TimeProvider time)
{
    /// <summary>What an entry costs beside its topic and payload, about.</summary>
    private const int Overhead = 200;

    private readonly ConcurrentDictionary<string, Message> _messages = new();
    private long _bytes;

    public int Count => _messages.Count;

    /// <summary>Keeps a message, or clears its topic where the payload is empty; false when there is no room for it.</summary>
    public bool TryKeep(Message message)
    {
        if (message.Payload.IsEmpty)
        {
            if (_messages.TryRemove(message.Topic, out var cleared)) Interlocked.Add(ref _bytes, -Size(cleared));
            return true;
        }
        if (Interlocked.Add(ref _bytes, Size(message)) > maxBytes)
        {
            Interlocked.Add(ref _bytes, -Size(message));
            return false;
        }
        // The payload may be a piece of a larger packet, which would be kept with it.
        var kept = message with { Payload = message.Payload.ToArray() };
        Message? before = null;
        _messages.AddOrUpdate(message.Topic, kept, (_, old) => { before = old; return kept; });
        if (before is not null) Interlocked.Add(ref _bytes, -Size(before));
        return true;
    }

    /// <summary>The messages that a filter, not a shared one, matches.</summary>
    public IEnumerable<Message> Match(string filter)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!TopicFilter.HasWildcard(filter)) return _messages.TryGetValue(filter, out var one) && IsFresh(one) ? [one] : [];
        return _messages.Values.Where(m => IsFresh(m) && TopicFilter.Matches(filter, m.Topic));

        bool IsFresh(Message message)
        {
            if (message.ExpiresAtMs > nowMs) return true;
            if (_messages.TryRemove(new(message.Topic, message))) Interlocked.Add(ref _bytes, -Size(message));
            return false;
        }
    }

    private static long Size(Message message) => 2L * message.Topic.Length + message.Payload.Length + Overhead;
}
