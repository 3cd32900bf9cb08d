using System.Collections.Concurrent;
using System.Net;

namespace Fleet.Ingest.Credentials;

/// <summary>
/// Slows whoever tries passwords: the answer to a wrong one comes the later the more of them its address, or the serial
/// it names, has seen lately. A right password is never delayed, whoever else is behind its address or tries its serial.
/// </summary>
internal sealed class WrongPasswords(TimeProvider time)
{
    /// <summary>So many in a row are slips, and answered at once.</summary>
    private const int Slips = 3;

    /// <summary>Answers that wait, in all and of one address; past it wrong passwords are answered at once, and counted.</summary>
    private const int MostHeld = 1000, MostHeldOfAddress = 64;

    private const int MostKept = 100_000;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100), LongestDelay = TimeSpan.FromSeconds(10);

    private readonly Crowd<IPAddress, Tally> _addresses = new(MostKept, () => new(time), t => t.IsIdle, time);
    private readonly Crowd<string, Tally> _names = new(MostKept, () => new(time), t => t.IsIdle, time);
    private readonly ConcurrentDictionary<(IPAddress, string), bool> _held = new();
    private int _heldInAll;

    /// <summary>Whether an answer to this name at this address waits already: another wrong one meanwhile is turned away at once.</summary>
    public bool IsHeld(IPAddress address, string name) => !_held.IsEmpty && _held.ContainsKey((address, name));

    /// <summary>Notes a wrong password and completes when it may be answered.</summary>
    /// <returns>How many the name has seen lately.</returns>
    public async Task<double> HoldAsync(IPAddress address, string name, CancellationToken stop)
    {
        var (from, of) = (_addresses.Of(address), _names.Of(name));
        var (ofAddress, ofName) = (from.Add(), of.Add());
        var delay = DelayOf(Math.Max(ofAddress, ofName));
        if (delay == TimeSpan.Zero || !TryHold(from)) return ofName;
        try
        {
            if (!_held.TryAdd((address, name), true)) return ofName;
            IngestMetrics.ConnectsSlowed.Add(1);
            await Task.Delay(delay, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _held.TryRemove((address, name), out _);
            return ofName;
        }
        finally
        {
            Interlocked.Decrement(ref _heldInAll);
            Interlocked.Decrement(ref from.Held);
        }
    }

    /// <summary>None for slips, then 0.1 s, doubling with each up to 10 s.</summary>
    internal static TimeSpan DelayOf(double lately) =>
        lately <= Slips ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(20, lately - Slips - 1))));

    private bool TryHold(Tally from)
    {
        if (Interlocked.Increment(ref _heldInAll) <= MostHeld)
        {
            if (Interlocked.Increment(ref from.Held) <= MostHeldOfAddress) return true;
            Interlocked.Decrement(ref from.Held);
        }
        Interlocked.Decrement(ref _heldInAll);
        return false;
    }

    /// <summary>A count that halves every half minute.</summary>
    private sealed class Tally(TimeProvider time)
    {
        private static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(30);

        private readonly Lock _lock = new();
        private double _count;
        private long _at = time.GetTimestamp();

        /// <summary>Answers that wait.</summary>
        public int Held;

        public bool IsIdle
        {
            get
            {
                lock (_lock) return Volatile.Read(ref Held) == 0 && Now() < 0.5;
            }
        }

        public double Add()
        {
            lock (_lock)
            {
                (_count, _at) = (Now() + 1, time.GetTimestamp());
                return _count;
            }
        }

        private double Now() => _count * Math.Pow(0.5, time.GetElapsedTime(_at) / HalfLife);
    }
}
