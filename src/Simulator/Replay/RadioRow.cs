namespace Fleet.Simulator.Replay;

/// <summary>One recorded second of radio; what the recorder did not know is null.</summary>
/// <param name="Rat">As on the wire: <c>lte</c>, <c>umts</c>, <c>gsm</c> or <c>nr</c>.</param>
public sealed record RadioRow(
    DateTimeOffset RecordedAt, string? Rat, double? RssiDbm, double? RsrpDbm, double? RsrqDb, double? SnrDb, string? Cell, string? Carrier);
