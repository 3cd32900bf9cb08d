namespace Fleet.Alerts.Maintenance;

/// <summary>Open; done or dismissed by a person; closed by itself, when the fault that asked for it is gone.</summary>
public enum TaskState : byte { Open, Done, Dismissed, Closed }

/// <summary>A row of <c>tasks</c>.</summary>
internal sealed record TaskRow
{
    public const string Columns = """
        id, terminal, site, merchant, name, fault, alert, state, opened_at as OpenedAt, due_at as DueAt, ended_at as EndedAt, ended_by as EndedBy, note, version
        """;

    public required string Id { get; init; }
    public required string Terminal { get; init; }
    public string? Site { get; init; }
    public string? Merchant { get; init; }
    public required string Name { get; init; }

    /// <summary>The fault that asked for it, and the alert; empty where the fault is only foreseen.</summary>
    public required string Fault { get; init; }
    public required string Alert { get; init; }
    public TaskState State { get; init; }
    public long OpenedAt { get; init; }
    public long DueAt { get; init; }
    public long? EndedAt { get; init; }
    public string? EndedBy { get; init; }
    public string? Note { get; init; }

    /// <summary>1 when opened, one more with each change.</summary>
    public long Version { get; init; }

    public TaskRow To(TaskState state, long atMs, string? by, string? note) =>
        this with { State = state, EndedAt = atMs, EndedBy = by, Note = note, Version = Version + 1 };
}
