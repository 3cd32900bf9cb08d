using System.Collections.Concurrent;
using System.Net;
using Fleet.Ingest.Mqtt;

namespace Fleet.Ingest.Credentials;

/// <summary>The limits of this node, of an address and of a serial: connections, connects, messages.</summary>
internal sealed class Turnstile(MqttOptions options, TimeProvider time)
{
    private const int MostAddresses = 100_000;

    public const string Full = "too-many-connections";

    private int _count;
    private readonly ConcurrentDictionary<IPAddress, int> _open = new(); // as many as there are connections
    private readonly Crowd<IPAddress, SharedBucket>? _connects = Buckets<IPAddress>(options.ConnectsPerSecondPerAddress, TokenBucket.BurstSeconds, MostAddresses, time);
    private readonly Crowd<IPAddress, SharedBucket>? _messages = Buckets<IPAddress>(options.MessagesPerSecondPerAddress, TokenBucket.BurstSeconds, MostAddresses, time);
    private readonly Crowd<string, SharedBucket>? _connectsOfSerial = Buckets<string>(options.ConnectsPerMinutePerSerial / 60.0, 60, options.MaxConnections, time);
    private readonly Crowd<string, SharedBucket> _messagesOfSerial = Buckets<string>(options.MessagesPerSecond, TokenBucket.BurstSeconds, options.MaxConnections, time)!;

    /// <summary>Lets a connection in, or names what it is refused for. Whoever is in leaves by <see cref="Leave"/>.</summary>
    public string? Enter(IPAddress address)
    {
        if (_connects is not null && !_connects.Of(address).TryTake()) return "too-many-connects-of-address";
        var isFull = Interlocked.Increment(ref _count) > options.MaxConnections;
        var isCrowded = options.ConnectionsPerAddress > 0 && _open.AddOrUpdate(address, 1, (_, open) => open + 1) > options.ConnectionsPerAddress;
        if (!isFull && !isCrowded) return null;
        Leave(address);
        return isFull ? Full : "too-many-connections-of-address";
    }

    public void Leave(IPAddress address)
    {
        Interlocked.Decrement(ref _count);
        if (options.ConnectionsPerAddress == 0) return;
        if (_open.AddOrUpdate(address, 0, (_, open) => open - 1) == 0) _open.TryRemove(new(address, 0));
    }

    public bool TryConnect(string serial) => _connectsOfSerial?.Of(serial).TryTake() != false;

    public TokenBucket RateOf(string serial, IPAddress? address)
    {
        var ofSerial = _messagesOfSerial.Of(serial);
        return _messages is null || address is null
            ? new(options.MessagesPerSecond, time, ofSerial)
            : new(Math.Min(options.MessagesPerSecond, options.MessagesPerSecondPerAddress), time, ofSerial, _messages.Of(address));
    }

    /// <summary>A tool may speak for many terminals: only its address has a limit, if any.</summary>
    public TokenBucket? RateOfTool(IPAddress? address) =>
        _messages is null || address is null ? null : new(options.MessagesPerSecondPerAddress, time, _messages.Of(address));

    private static Crowd<TKey, SharedBucket>? Buckets<TKey>(double perSecond, int burstSeconds, int most, TimeProvider time) where TKey : notnull =>
        perSecond == 0 ? null : new(most, () => new(perSecond, perSecond * burstSeconds, time), b => b.IsFull, time);
}
