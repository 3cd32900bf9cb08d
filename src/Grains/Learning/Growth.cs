namespace Fleet.Grains.Learning;

/// <summary>By how much each counter of a report grew since it was last reported; 0 for what the report lacks.</summary>
/// <param name="IsNewRoll">The paper's share rose: somebody changed the roll.</param>
internal readonly record struct Growth(
    ReadsGrown Swipe, ReadsGrown Chip, ReadsGrown Tap,
    long Approved, long Receipts, long Amount, DeclinesGrown Declines,
    long Lines, long Cuts, long PrinterFaults,
    long Reboots, long Crashes,
    bool IsNewRoll)
{
    /// <summary>
    /// A counter is lower than before, which a reboot explains and nothing else does. How much it grew since is then a
    /// guess (all that it counts now), so what judges by statistics passes such a report over.
    /// </summary>
    public bool WentBack { get; init; }

    /// <summary>Payments taken back before settlement.</summary>
    public long Voids { get; init; }

    /// <summary>And after it.</summary>
    public long Refunds { get; init; }

    public ReadsGrown Reads(Way way) => way switch
    {
        Way.Swipe => Swipe,
        Way.Chip => Chip,
        _ => Tap,
    };

    /// <summary>Firmware, app or patch is another than before: it was updated.</summary>
    public bool IsNewVersion { get; init; }
}

/// <summary>What one way of reading cards did since the report before.</summary>
/// <param name="Failed">Failed reads, those of unreadable cards included.</param>
/// <param name="Cards">How many different cards failed; null where the terminal does not count them.</param>
/// <param name="Unreadable">Failed reads of cards that gave nothing at all, which is how a damaged card looks.</param>
internal readonly record struct ReadsGrown(long Good, long Failed, long? Cards, long Unreadable = 0)
{
    private const int FailuresThatCountPerCard = 2;

    /// <summary>All reads, whatever came of them.</summary>
    public long All => Good + Failed;

    /// <summary>Failures for statistics, which need independent reads: tries of one card are not, and count twice at most.</summary>
    public long Counted => Cards is { } cards ? Math.Min(Failed, FailuresThatCountPerCard * cards) : Failed;
}

/// <summary>Declines by the host's answer (ISO 8583 field 39).</summary>
/// <param name="Funds">51: not enough on the account.</param>
/// <param name="WrongPin">55.</param>
/// <param name="Limit">61: over the withdrawal limit.</param>
/// <param name="PinTries">75: PIN tries exceeded.</param>
/// <param name="IssuerDown">91: issuer or switch inoperative.</param>
internal readonly record struct DeclinesGrown(long Funds, long WrongPin, long Limit, long PinTries, long IssuerDown)
{
    public long All => Funds + WrongPin + Limit + PinTries + IssuerDown;
}
