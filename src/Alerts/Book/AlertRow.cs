using System.Text.Json.Serialization;
using Fleet.Alerts.Catalogue;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;

namespace Fleet.Alerts.Book;

public enum AlertState : byte { Open, Acknowledged, Cleared }

/// <summary>What happened to an alert: the kinds of its history, and of what channels carry.</summary>
[JsonConverter(typeof(KebabCase<AlertChange>))]
public enum AlertChange : byte
{
    Raised, Changed, Acknowledged, Silenced, Commented, Cleared,

    /// <summary>It has a cause outside the terminal: the incident in the note.</summary>
    Joined,
    /// <summary>That cause has ended, and it stands.</summary>
    Left,
    /// <summary>It was held back until now, and is told.</summary>
    Released,
}

/// <summary>One entry of an alert's history.</summary>
/// <param name="AtMs">When it happened, Unix ms.</param>
/// <param name="By">Who did it; null for what telemetry says.</param>
internal readonly record struct Change(AlertChange Kind, long AtMs, string? By = null, string? Note = null);

/// <summary>A row of <c>alerts</c>.</summary>
internal sealed record AlertRow
{
    /// <summary>The columns under their property names; <c>ticket</c> and <c>HeldUntil</c> are looked up, not stored.</summary>
    public const string Columns = """
        a.id, a.terminal, a.site, a.merchant, a.fault, a.severity, a.state, a.raised_at as RaisedAt, a.acknowledged_at as AcknowledgedAt,
        a.acknowledged_by as AcknowledgedBy, a.silenced_until as SilencedUntil, a.cleared_at as ClearedAt, a.evidence, a.incident, a.cause,
        a.visit_due as VisitDue, a.version, (select t.id from tickets t where t.alert = a.id) as Ticket,
        (select h.until_at from alert_holds h where h.alert = a.id) as HeldUntil
        """;

    public required string Id { get; init; }

    /// <summary>The terminal's serial, or a group's subject, e.g. <c>site:S1</c>.</summary>
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

    /// <summary>The group's alert that it belongs to, or belonged to; a group's alert has itself.</summary>
    public string? Incident { get; init; }

    /// <summary>The incident's fault, for as long as that is what is the matter.</summary>
    public string? Cause { get; init; }

    /// <summary>Until when its merchant is not told, Unix ms: <see cref="WithItsCause"/> while it has a cause; null when told.</summary>
    public long? HeldUntil { get; init; }

    public const long WithItsCause = long.MaxValue;

    /// <summary>When a ticket is opened if the alert still stands, Unix ms.</summary>
    public long? VisitDue { get; init; }

    /// <summary>1 when raised, and one more with every change.</summary>
    public long Version { get; init; }
    public string? Ticket { get; init; }

    public bool IsOfGroup => GroupKind.Of(Terminal) is not null;

    public bool SilencedAt(long atMs) => SilencedUntil > atMs;

    public static AlertRow Raised(Finding finding, Fault fault, RegisteredTerminal? terminal)
    {
        var id = Identity.OfAlert(finding.Subject, finding.Fault, finding.RaisedAtMs);
        var isNeeded = fault.Visit.Needed && GroupKind.Of(finding.Subject) != GroupKind.Region; // there is nowhere to go
        var atOnce = isNeeded && fault.Visit.After == TimeSpan.Zero;
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
            VisitDue = isNeeded && !atOnce ? finding.RaisedAtMs + (long)fault.Visit.After.TotalMilliseconds : null,
            Version = 1,
            Ticket = atOnce ? Identity.OfTicket(id) : null,
        };
    }

    /// <summary>Before it is written: its merchant waits, and an engineer too.</summary>
    public AlertRow ToHeld(long untilMs) => ToUnattended() with { HeldUntil = untilMs };

    /// <summary>Before it is written: no engineer is sent for it now.</summary>
    public AlertRow ToUnattended() => this with { Ticket = null, VisitDue = Ticket is null ? VisitDue : RaisedAt };

    public AlertRow ToJoined(AlertRow cause) => this with { Incident = cause.Incident ?? cause.Id, Cause = cause.Cause ?? cause.Fault };

    public AlertRow ToReleased() => this with { HeldUntil = null, Version = Version + 1 };

    public AlertRow ToChanged(string evidence) => this with { Evidence = evidence, Version = Version + 1 };

    public AlertRow ToAcknowledged(string? by, long atMs) =>
        this with { State = AlertState.Acknowledged, AcknowledgedBy = by, AcknowledgedAt = atMs, Version = Version + 1 };

    public AlertRow ToSilenced(long untilMs) => this with { SilencedUntil = untilMs, Version = Version + 1 };

    public AlertRow ToCommented() => this with { Version = Version + 1 };

    public AlertRow ToCleared(long atMs) => this with { State = AlertState.Cleared, ClearedAt = Math.Max(atMs, RaisedAt), Version = Version + 1 };
}
