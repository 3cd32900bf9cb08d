using System.Collections.Immutable;
using System.Text.Json;

namespace Fleet.Alerts.Dispatch;

/// <summary>A ticket in JSON: all that an engineer needs to set out.</summary>
public sealed record TicketView
{
    public required string Id { get; init; }
    public required string Alert { get; init; }

    /// <summary>The serial; null where the whole site is to be looked at.</summary>
    public required string? Terminal { get; init; }

    /// <summary>Whom it is about: the serial, or e.g. <c>site:S1</c>.</summary>
    public required string Subject { get; init; }
    public required string? Site { get; init; }
    public required string? Merchant { get; init; }
    public required string Fault { get; init; }
    public required string Severity { get; init; }
    public required string State { get; init; }
    public required string OpenedAt { get; init; }
    public required string? EndedAt { get; init; }
    public required string? Engineer { get; init; }
    public required string? Reason { get; init; }
    public required ImmutableArray<string> Steps { get; init; }
    public required ImmutableArray<string> Parts { get; init; }
    public required string? Address { get; init; }
    public required string? TerminalModel { get; init; }
    public required JsonElement Evidence { get; init; }

    /// <summary>Grows by one with every change; an act that names it fails if the ticket has changed since.</summary>
    public required long Version { get; init; }
    public required ImmutableArray<TicketHistoryEntry> History { get; init; }
}

public sealed record TicketHistoryEntry(string At, string State, string? Engineer, string? Note);
