using System.ComponentModel.DataAnnotations;

namespace Fleet.Ingest.Journal;

/// <summary>Settings <c>Journal:*</c>.</summary>
public sealed class JournalOptions
{
    /// <summary>How much may wait for the next commit before the sockets are not read.</summary>
    [Range(64 * 1024, 8 * 1024 * 1024)]
    public int BatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How many committed batches may wait for the pump.</summary>
    [Range(1, 1000)]
    public int PumpBatches { get; set; } = 8;

    /// <summary>How long a commit waits for company: more messages a commit against a later acknowledgement.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How often the terminals' states are persisted and the journal cut: a state is written once for all the reports of that time.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Checkpoint { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>When so much was applied since the last checkpoint it is time for another: more than this a start after a crash hardly ever replays.</summary>
    [Range(1024 * 1024, 1L << 40)]
    public long ReplayBytes { get; set; } = 512 * 1024 * 1024;

    /// <summary>How much the journal may keep for a time-series database that is away; points past it are dropped, counted and logged.</summary>
    [Range(1024 * 1024, long.MaxValue)]
    public long HistoryBytes { get; set; } = 8L * 1024 * 1024 * 1024;

    /// <summary>What stays free on the disk of a SQLite journal for states, alerts and the journal's own cutting; with less no message is taken.</summary>
    [Range(0, long.MaxValue)]
    public long SpareBytes { get; set; } = 64 * 1024 * 1024;
}
