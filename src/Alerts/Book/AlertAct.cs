namespace Fleet.Alerts.Book;

/// <summary>What a person does with an alert.</summary>
public enum AlertVerb : byte { Acknowledge, Silence, Comment, Clear }

/// <param name="Until">Of <see cref="AlertVerb.Silence"/>: until when nobody is told and nobody sent.</param>
public sealed record AlertAct(AlertVerb Verb, string? By = null, string? Note = null, DateTimeOffset? Until = null)
{
    internal Change ChangeAt(long nowMs) => new(
        Verb switch
        {
            AlertVerb.Acknowledge => AlertChange.Acknowledged,
            AlertVerb.Silence => AlertChange.Silenced,
            AlertVerb.Comment => AlertChange.Commented,
            _ => AlertChange.Cleared,
        },
        nowMs, By, Note);

    /// <summary>The alert after it; the same where nothing changes, null where it is not allowed: one that is cleared can only be commented.</summary>
    internal AlertRow? On(AlertRow alert, long nowMs) => (Verb, alert.State) switch
    {
        (AlertVerb.Comment, _) => alert.ToCommented(),
        (_, AlertState.Cleared) => null,
        (AlertVerb.Acknowledge, AlertState.Acknowledged) => alert,
        (AlertVerb.Acknowledge, _) => alert.ToAcknowledged(By, nowMs),
        (AlertVerb.Silence, _) => alert.ToSilenced(Until!.Value.ToUnixTimeMilliseconds()),
        _ => alert.ToCleared(nowMs),
    };
}
