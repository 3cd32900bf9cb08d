using System.Text;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Journal;

/// <summary>
/// The beginnings and ends of sessions on their way into the journal. While it takes nothing (the store is away) only
/// the last one of each terminal waits: what waits is bounded by the terminals, however long and often they come and go.
/// </summary>
internal sealed partial class PresenceFacts(Journal journal, TimeProvider time, ILogger logger, CancellationToken stop)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (EntryKind Kind, long AtMs, long Session)> _waiting = [];

    public int Waiting { get { lock (_lock) return _waiting.Count; } }

    /// <summary>Takes a fact, in order with what its terminal appends afterwards where the journal has room.</summary>
    public void Tell(EntryKind kind, string serial, long session)
    {
        var atMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryAppend(serial, (kind, atMs, session))) return;
            // The newest session's word: the end of an older one may be told after the beginning of the next.
            if (_waiting.TryGetValue(serial, out var told) && told.Session > session) return;
            _waiting[serial] = (kind, atMs, session);
            if (_waiting.Count == 1) _ = Task.Run(AppendWaitingAsync, CancellationToken.None);
        }
    }

    private async Task AppendWaitingAsync()
    {
        try
        {
            while (true)
            {
                await journal.RoomAsync(stop);
                lock (_lock)
                {
                    foreach (var (serial, fact) in _waiting)
                    {
                        if (!TryAppend(serial, fact)) break;
                        _waiting.Remove(serial); // allowed within the loop
                    }
                    if (_waiting.Count == 0) return;
                }
            }
        }
        catch (Exception e) { LogLost(Waiting, e.Message); }
    }

    private bool TryAppend(string serial, (EntryKind Kind, long AtMs, long Session) fact) =>
        journal.TryAppend(new(fact.Kind, fact.AtMs, Encoding.ASCII.GetBytes(serial), BitConverter.GetBytes(fact.Session)), null, out _);

    [LoggerMessage(1006, LogLevel.Warning, "The ends and beginnings of {Count} sessions did not reach the journal: {Message}")]
    private partial void LogLost(int count, string message);
}
