using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fleet.Alerts.Book;

/// <summary>An alert in JSON, as the API lists it and the channels carry it (docs: HTTP API).</summary>
public record AlertView
{
    public required string Id { get; init; }

    /// <summary>The serial; null for a group's.</summary>
    public required string? Terminal { get; init; }

    /// <summary>Whom it is about: the serial, or e.g. <c>site:S1</c>, <c>carrier:46000</c>, <c>cohort:app:7.1.0</c>.</summary>
    public string Subject { get; init; } = ""; // a delivery that an older version wrote names a terminal alone
    public required string? Site { get; init; }
    public required string? Merchant { get; init; }

    /// <summary>A code of the catalogue.</summary>
    public required string Fault { get; init; }
    public required string Severity { get; init; }
    public required string State { get; init; }
    public required string RaisedAt { get; init; }
    public required string? ClearedAt { get; init; }
    public required JsonElement Evidence { get; init; }

    /// <summary>The id of the group's alert that it belongs to, or belonged to.</summary>
    public required string? Incident { get; init; }

    /// <summary>The code of that alert's fault while it lasts.</summary>
    public required string? Cause { get; init; }

    /// <summary>Its merchant is not told yet: it waits for its neighbours, or for the end of its cause.</summary>
    public bool Held { get; init; }
    public required string? Ticket { get; init; }
    public required string? SilencedUntil { get; init; }

    internal static AlertView Of(AlertRow row) => new()
    {
        Id = row.Id,
        Terminal = row.IsOfGroup ? null : row.Terminal,
        Subject = row.Terminal,
        Site = row.Site,
        Merchant = row.Merchant,
        Fault = row.Fault,
        Severity = row.Severity.Name(),
        State = row.State.Name(),
        RaisedAt = Iso8601.Text(row.RaisedAt),
        ClearedAt = Iso8601.Text(row.ClearedAt),
        Evidence = JsonElement.Parse(row.Evidence),
        Incident = row.Incident,
        Cause = row.Cause,
        Held = row.HeldUntil is not null,
        Ticket = row.Ticket,
        SilencedUntil = Iso8601.Text(row.SilencedUntil),
    };
}

/// <summary>One change in an alert's history; a comment is one with a note.</summary>
public sealed record AlertHistoryEntry(string At, string Kind, string? By, string? Note);

/// <summary>One alert with what a person needs who looks at it alone.</summary>
public sealed record AlertDetail : AlertView
{
    public AlertDetail() { }

    // The alert's own members are copied here; the others stay required of the caller, which C# cannot say.
    [SetsRequiredMembers]
    internal AlertDetail(AlertView alert) : base(alert) => (Title, Steps, Comments, History) = ("", [], [], []);

    [JsonPropertyOrder(1)] public required string Title { get; init; }
    [JsonPropertyOrder(1)] public required ImmutableArray<string> Steps { get; init; }
    [JsonPropertyOrder(1)] public required string? AcknowledgedAt { get; init; }
    [JsonPropertyOrder(1)] public required string? AcknowledgedBy { get; init; }
    [JsonPropertyOrder(1)] public required ImmutableArray<AlertHistoryEntry> Comments { get; init; }
    [JsonPropertyOrder(1)] public required ImmutableArray<AlertHistoryEntry> History { get; init; }
}
