using Fleet.Grains;

namespace Fleet.Alerts.Book;

/// <summary>What a finding means for the book.</summary>
public enum Verdict : byte
{
    /// <summary>A new alert.</summary>
    Raise,
    /// <summary>New evidence for the active alert.</summary>
    Change,
    Clear,
    /// <summary>Said before.</summary>
    Repeated,
    /// <summary>Older than what the book knows of this terminal and fault, or about an alert that is cleared already.</summary>
    Stale,
    /// <summary>A change or a clear of an alert that was never raised here.</summary>
    Unknown,
}

/// <summary>
/// Judges findings. The alerts of one terminal and fault follow each other in time, so the newest is all that is needed
/// to tell new from repeated and late. A terminal whose silo died finds its fault again in the next report and
/// dates it from there: while an alert is active, a younger finding speaks of the same trouble. Forecasts are no alerts
/// and are not judged.
/// </summary>
internal static class Findings
{
    public static Verdict Judge(AlertRow? newest, Finding finding)
    {
        if (newest is null || (newest.RaisedAt < finding.RaisedAtMs && newest.State == AlertState.Cleared))
            return finding.Kind is FindingKind.Raised ? Verdict.Raise : Verdict.Unknown;

        if (newest.RaisedAt > finding.RaisedAtMs) return Verdict.Stale;

        return (finding.Kind, newest.State) switch
        {
            (FindingKind.Raised, _) or (FindingKind.Cleared, AlertState.Cleared) => Verdict.Repeated,
            (FindingKind.Changed, AlertState.Cleared) => Verdict.Stale,
            (FindingKind.Changed, _) => Verdict.Change,
            _ => Verdict.Clear,
        };
    }
}
