using System.Collections.Concurrent;
using System.Net;

namespace Fleet.Ingest.Credentials;

/// <summary>
/// Something small by key for whoever may come, in bounded memory. When it is full the idle ones go; for whom there is
/// still no room, one stands for all.
/// </summary>
/// <param name="isIdle">It is as good as a new one.</param>
internal sealed class Crowd<TKey, TValue>(int most, Func<TValue> make, Predicate<TValue> isIdle, TimeProvider time) where TKey : notnull
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TKey, TValue> _members = new();
    private readonly TValue _rest = make();
    private readonly Lock _sweeping = new();
    private long _sweptAt = time.GetTimestamp();
    private int _count;

    public int Count => _count;

    public TValue Of(TKey key)
    {
        if (_members.TryGetValue(key, out var known)) return known;
        if (Volatile.Read(ref _count) >= most && !Sweep()) return _rest;
        var made = make();
        if (!_members.TryAdd(key, made)) return _members.GetValueOrDefault(key, made);
        Interlocked.Increment(ref _count);
        return made;
    }

    /// <summary>True when there is room again.</summary>
    private bool Sweep()
    {
        lock (_sweeping)
        {
            if (_count < most) return true;
            if (time.GetElapsedTime(_sweptAt) < SweepEvery) return false;
            foreach (var (key, value) in _members)
                if (isIdle(value) && _members.TryRemove(key, out _)) Interlocked.Decrement(ref _count);
            _sweptAt = time.GetTimestamp();
            return _count < most;
        }
    }
}

/// <summary>Addresses as limits see them.</summary>
internal static class Addresses
{
    /// <summary>IPv4 as it is, also where it is mapped into IPv6; of IPv6 the /64, which is one site's (RFC 6177).</summary>
    public static IPAddress Site(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new(bytes);
    }
}
