using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Fleet.Grains;
using Fleet.Store;

namespace Fleet.Ingest.Credentials;

/// <summary>
/// A blocked terminal that asks to come in is found: a fault of its own, so that neither a fix from where it is nor a
/// lifted block ends the other's alert (<c>moved-or-stolen</c> is the terminal's word, this is the door's). One finding while it keeps trying, with the
/// address it last came from. After a restart or on another node the same trouble is found again with a later time,
/// which the alerts take for a repetition while theirs is open.
/// </summary>
internal sealed class BlockedAttempts(IFindings findings, TimeProvider time)
{
    public const string Fault = "blocked-terminal";

    /// <summary>After an hour without an attempt the next one is news.</summary>
    private const long EpisodeMs = 3_600_000;

    /// <summary>A new address is told once a minute at most.</summary>
    private const long TellEveryMs = 60_000;

    private readonly ConcurrentDictionary<string, Episode> _episodes = new(); // as many as blocks

    /// <param name="proved">It had its password or certificate; else all its passwords are revoked, and anyone may have used its name.</param>
    public async ValueTask TellAsync(Block block, IPAddress? from, bool proved, CancellationToken stop)
    {
        if (_episodes.GetOrAdd(block.Serial, _ => new()).Note(block, $"{from}", proved, time.GetUtcNow().ToUnixTimeMilliseconds()) is not { } finding) return;
        try { await findings.PostAsync(finding, stop); }
        catch
        {
            _episodes.TryRemove(block.Serial, out _); // nobody was told, so the next attempt is news again
            throw;
        }
    }

    /// <summary>The terminal was unblocked: whatever stands of this fault is over. Completes when that is durable.</summary>
    public async Task ClearAsync(Block lifted, CancellationToken stop)
    {
        _episodes.TryRemove(lifted.Serial, out _);
        await findings.PostAsync(new(lifted.Serial, Fault, FindingKind.Cleared, lifted.LiftedAtMs!.Value, lifted.LiftedAtMs.Value, []), stop);
        await findings.DrainAsync(stop);
    }

    private sealed class Episode
    {
        private readonly Lock _lock = new();
        private long _raisedAtMs, _lastAtMs, _toldAtMs;
        private int _attempts;
        private string _address = "";

        public Finding? Note(Block block, string address, bool proved, long nowMs)
        {
            lock (_lock)
            {
                var isNew = _attempts == 0 || nowMs - _lastAtMs > EpisodeMs;
                if (isNew) (_raisedAtMs, _attempts, _address) = (nowMs, 0, address);
                (_lastAtMs, _attempts) = (nowMs, _attempts + 1);
                if (!isNew && (address == _address || nowMs - _toldAtMs < TellEveryMs)) return null;
                (_toldAtMs, _address) = (nowMs, address);
                return new(block.Serial, Fault, isNew ? FindingKind.Raised : FindingKind.Changed, _raisedAtMs, nowMs,
                [
                    new("address", Text: address), new("attempts", _attempts), new("proved", Text: proved ? "yes" : "no"), new("reason", Text: block.Reason ?? ""),
                    new("blockedAt", Text: DateTimeOffset.FromUnixTimeMilliseconds(block.AtMs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)),
                ]);
            }
        }
    }
}
