namespace Fleet.Grains.Reports;

/// <summary>Reads payloads of docs/wire.md into reports. One per pump: it keeps a small cache of strings that repeat. Never throws on what a sender chose.</summary>
public sealed class ReportReader
{
    /// <summary>Reads one payload; <see cref="Refusal.None"/> and a report, or why not.</summary>
    /// <param name="payload">The payload as it arrived.</param>
    /// <param name="serial">From the topic.</param>
    /// <param name="section">What the topic's last level named.</param>
    /// <param name="receivedAtMs">When the journal took it, Unix ms.</param>
    /// <param name="ordinal">Its place in the journal: the sequence number of a report that brings none.</param>
    /// <param name="report">The report, when it was read.</param>
    public Refusal Read(ReadOnlySpan<byte> payload, string serial, Section section, long receivedAtMs, long ordinal, out Report? report)
        => throw new NotSupportedException();
}
