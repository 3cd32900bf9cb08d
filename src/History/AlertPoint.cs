namespace Fleet.History;

public enum AlertChange : byte { Raised, Changed, Acknowledged, Cleared }

/// <summary>One change of an alert as a point of measurement <c>alert</c>, at the time of the change.</summary>
public sealed record AlertPoint
{
    public required string Id { get; init; }

    /// <summary>A code of the catalogue, e.g. <c>weak-signal</c>.</summary>
    public required string Fault { get; init; }
    public required string Severity { get; init; }
    public required AlertChange Change { get; init; }

    /// <summary>When it changed, Unix ms.</summary>
    public required long AtMs { get; init; }

    /// <summary>Without one, the alert is a site's or a carrier's.</summary>
    public string? Serial { get; init; }
    public string? Site { get; init; }
    public string? Merchant { get; init; }

    internal void Encode(LineBuffer to)
    {
        to.Raw("alert"u8);
        to.Tag(",fault="u8, Fault);
        to.Tag(",merchant="u8, Merchant);
        to.Tag(",serial="u8, Serial);
        to.Tag(",severity="u8, Severity);
        to.Tag(",site="u8, Site);
        to.Integer(" active="u8, Change == AlertChange.Cleared ? 0 : 1);
        to.Text(",id="u8, Id);
        to.Text(",state="u8, Change switch
        {
            AlertChange.Raised => "raised",
            AlertChange.Changed => "changed",
            AlertChange.Acknowledged => "acknowledged",
            _ => "cleared",
        });
        to.End(AtMs);
    }
}
