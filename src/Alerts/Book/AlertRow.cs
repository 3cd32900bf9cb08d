using System.Text.Json.Serialization;
using Fleet.Alerts.Catalogue;
using Fleet.Grains;
using Fleet.Store;

namespace Fleet.Alerts.Book;

public enum AlertState : byte { Open, Acknowledged, Cleared }

/// <summary>What happened to an alert: the kinds of its history, and of what channels carry.</summary>
[JsonConverter(typeof(KebabCase<AlertChange>))]
public enum AlertChange : byte { Raised, Changed, Acknowledged, Silenced, Commented, Cleared }

/// <summary>One entry of an alert's history.</summary>
/// <param name="AtMs">When it happened, Unix ms.</param>
/// <param name="By">Who did it; null for what telemetry says.</param>
internal readonly record struct Change(AlertChange Kind, long AtMs, string? By = null, string? Note = null);

/// <summary>A row of <c>alerts</c>.</summary>
internal sealed record AlertRow
{
    /// <summary>The columns under their property names; <c>ticket</c> is looked up, not stored.</summary>
    public const string Columns = """
        a.id, a.terminal, a.site, a.merchant, a.fault, a.severity, a.state, a.raised_at as RaisedAt, a.acknowledged_at as AcknowledgedAt,
        a.acknowledged_by as AcknowledgedBy, a.silenced_until as SilencedUntil, a.cleared_at as ClearedAt, a.evidence, a.incident, a.cause,
        a.visit_due as VisitDue, a.version, (select t.id from tickets t where t.alert = a.id) as Ticket
        """;

    public required string Id { get; init; }
    public required string Terminal { get; init; }
    public string? Site { get; init; }
    public string? Merchant { get; init; }
    public required string Fault { get; init; }
    public Severity Severity { get; init; }
    public AlertState State { get; init; }
    public long RaisedAt { get; init; }
    public long? AcknowledgedAt { get; init; }
    public string? AcknowledgedBy { get; init; }
    public long? SilencedUntil { get; init; }
    public long? ClearedAt { get; init; }

    /// <summary>A JSON object: numbers and texts by name.</summary>
    public required string Evidence { get; init; }
    public string? Incident { get; init; }
    public string? Cause { get; init; }

    /// <summary>When a ticket is opened if the alert still stands, Unix ms.</summary>
    public long? VisitDue { get; init; }

    /// <summary>1 when raised, and one more with every change.</summary>
    public long Version { get; init; }
    public string? Ticket { get; init; }

    public bool SilencedAt(long atMs) => SilencedUntil > atMs;

    public static AlertRow Raised(Finding finding, Fault fault, RegisteredTerminal? terminal)
    {
        var id = Identity.OfAlert(finding.Subject, finding.Fault, finding.RaisedAtMs);
        var atOnce = fault.Visit.Needed && fault.Visit.After == TimeSpan.Zero;
        return new()
        {
            Id = id,
            Terminal = finding.Subject,
            Site = terminal?.Site,
            Merchant = terminal?.Merchant,
            Fault = finding.Fault,
            Severity = fault.Severity,
            RaisedAt = finding.RaisedAtMs,
            Evidence = EvidenceJson.Write(finding.Evidence),
            VisitDue = fault.Visit.Needed && !atOnce ? finding.RaisedAtMs + (long)fault.Visit.After.TotalMilliseconds : null,
            Version = 1,
            Ticket = atOnce ? Identity.OfTicket(id) : null,
        };
    }

    public AlertRow ToChanged(string evidence) => this with { Evidence = evidence, Version = Version + 1 };

    public AlertRow ToAcknowledged(string? by, long atMs) =>
        this with { State = AlertState.Acknowledged, AcknowledgedBy = by, AcknowledgedAt = atMs, Version = Version + 1 };

    public AlertRow ToSilenced(long untilMs) => this with { SilencedUntil = untilMs, Version = Version + 1 };

    public AlertRow ToCommented() => this with { Version = Version + 1 };

    public AlertRow ToCleared(long atMs) => this with { State = AlertState.Cleared, ClearedAt = Math.Max(atMs, RaisedAt), Version = Version + 1 };
}
