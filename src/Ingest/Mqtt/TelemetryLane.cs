using Fleet.Grains.Reports;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt.Packets;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// What the telemetry lane takes, and where it puts it. It refuses nothing: whatever it does not accept goes the long
/// way, where the refusal is named.
/// </summary>
internal sealed class TelemetryLane(Func<Journal.Journal> journal, TelemetryWatchers watchers, TimeProvider time)
{
    /// <summary>Whether a message is plain telemetry of the session's own terminal that nobody watches live.</summary>
    public bool Accepts(Access access, in Publish publish, out ReadOnlySpan<byte> serial, out Section section) =>
        Topic.TryParse(publish.Topic, out serial, out section, out var refusal)
        && refusal == Refusal.None && Topic.IsTelemetry(section) && access.Allows(serial)
        && !watchers.Watch(serial) && !CardNumbers.Found(publish.Payload);

    public bool TryAppend(Section section, ReadOnlySpan<byte> serial, ReadOnlySpan<byte> payload, CommitListener listener, out long position)
    {
        var entry = new Entry((EntryKind)section, time.GetUtcNow().ToUnixTimeMilliseconds(), serial, payload);
        if (!journal().TryAppend(entry, listener, out position)) return false;
        IngestMetrics.TookByLane();
        return true;
    }

    public Task RoomAsync(CancellationToken stop) => journal().RoomAsync(stop);
}
