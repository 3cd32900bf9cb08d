using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>Topic filters (MQTT 5, 4.7), shared ones among them (4.8.2).</summary>
internal static class TopicFilter
{
    private const string SharePrefix = "$share/";

    /// <summary>The subscriptions' tree is walked by recursion.</summary>
    private const int MostLevels = 256;

    /// <returns>Why it is none; null where it is one.</returns>
    public static Breach? Check(ReadOnlySpan<byte> filter)
    {
        if (IsShared(filter))
        {
            var rest = filter["$share/"u8.Length..];
            var slash = rest.IndexOf((byte)'/');
            if (slash < 1 || rest[..slash].ContainsAny((byte)'+', (byte)'#')) return Invalid("a shared subscription has no share name of its own [MQTT-4.8.2-1]");
            filter = rest[(slash + 1)..];
        }
        if (filter.IsEmpty) return Invalid("a topic filter is empty [MQTT-4.7.3-1]");
        for (var i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ((byte)'+' or (byte)'#')) continue;
            var begins = i == 0 || filter[i - 1] == '/';
            var ends = i == filter.Length - 1 || (filter[i] == '+' && filter[i + 1] == '/');
            if (!begins || !ends) return Invalid("a wildcard is not a level of its own, or # is not the last [MQTT-4.7.1-1, 4.7.1-2]");
        }
        return null;
    }

    /// <summary>Whether a filter has wildcards and more levels than we go into.</summary>
    public static bool IsTooDeep(string filter) => HasWildcard(filter) && filter.AsSpan().Count('/') >= MostLevels;

    public static bool IsShared(ReadOnlySpan<byte> filter) => filter.StartsWith("$share/"u8);

    /// <summary>The share name and the filter behind it; no name where the filter is not shared.</summary>
    public static (string? Share, string Filter) Split(string filter)
    {
        if (!filter.StartsWith(SharePrefix, StringComparison.Ordinal)) return (null, filter);
        var slash = filter.IndexOf('/', SharePrefix.Length);
        return (filter[SharePrefix.Length..slash], filter[(slash + 1)..]);
    }

    public static bool HasWildcard(string filter) => filter.AsSpan().ContainsAny('+', '#');

    /// <summary>Whether a filter, not a shared one, matches a topic.</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        if (topic.StartsWith('$') && filter is ['+' or '#', ..]) return false; // [MQTT-4.7.2-1]
        while (true)
        {
            var level = Level(ref filter, out var filterEnds);
            if (level is "#") return true;
            var word = Level(ref topic, out var topicEnds);
            if (level is not "+" && !level.SequenceEqual(word)) return false;
            if (topicEnds) return filterEnds || filter is "#"; // a/# matches a too (4.7.1.2)
            if (filterEnds) return false;
        }
    }

    /// <summary>Takes the first level off.</summary>
    public static ReadOnlySpan<char> Level(ref ReadOnlySpan<char> from, out bool isLast)
    {
        var slash = from.IndexOf('/');
        isLast = slash < 0;
        var level = isLast ? from : from[..slash];
        from = isLast ? default : from[(slash + 1)..];
        return level;
    }

    private static Breach Invalid(string what) => new(MqttDisconnectReasonCode.TopicFilterInvalid, what);
}
