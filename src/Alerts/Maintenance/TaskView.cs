namespace Fleet.Alerts.Maintenance;

/// <summary>Work with a due date as people see it. Times are ISO 8601.</summary>
public sealed record TaskView
{
    public required string Id { get; init; }
    public required string Terminal { get; init; }
    public required string? Site { get; init; }
    public required string? Merchant { get; init; }

    /// <summary>What is to be done, e.g. <c>replace-battery</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Why, in the language that was asked for: how the fault is prevented.</summary>
    public required string Text { get; init; }
    public required string Fault { get; init; }

    /// <summary>The alert that asked for it; null where the fault is only foreseen.</summary>
    public required string? Alert { get; init; }

    /// <summary><c>open</c>, <c>done</c>, <c>dismissed</c>, or <c>closed</c> by itself.</summary>
    public required string State { get; init; }
    public required string OpenedAt { get; init; }
    public required string DueAt { get; init; }
    public required string? EndedAt { get; init; }
    public required string? EndedBy { get; init; }
    public required string? Note { get; init; }
    public required long Version { get; init; }
}
