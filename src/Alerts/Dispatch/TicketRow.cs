using Fleet.Alerts.Catalogue;

namespace Fleet.Alerts.Dispatch;

/// <summary>A row of <c>tickets</c> with what it shows of its alert.</summary>
internal sealed record TicketRow
{
    public const string Select = """
        select t.id, t.alert, t.state, t.opened_at as OpenedAt, t.ended_at as EndedAt, t.engineer, t.reason, t.version,
          a.terminal, a.site, a.merchant, a.fault, a.severity, a.evidence
        from tickets t join alerts a on a.id = t.alert
        """;

    public required string Id { get; init; }
    public required string Alert { get; init; }
    public TicketState State { get; init; }
    public long OpenedAt { get; init; }
    public long? EndedAt { get; init; }
    public string? Engineer { get; init; }

    /// <summary>Why it was closed without an engineer.</summary>
    public string? Reason { get; init; }

    /// <summary>1 when opened, and one more with every change.</summary>
    public long Version { get; init; }
    public required string Terminal { get; init; }
    public string? Site { get; init; }
    public string? Merchant { get; init; }
    public required string Fault { get; init; }
    public Severity Severity { get; init; }
    public required string Evidence { get; init; }

    public TicketRow To(TicketState state, long atMs, string? engineer = null, string? reason = null) => this with
    {
        State = state,
        EndedAt = state.HasEnded() ? atMs : null,
        Engineer = engineer ?? Engineer,
        Reason = reason ?? Reason,
        Version = Version + 1,
    };
}
