namespace Fleet.Simulator.Stories;

/// <summary>
/// What really happened to a terminal and what must follow. Times are simulated ones, those of the reports, except where
/// <see cref="IsArrivalTime"/>: silence can only be seen on the server's clock.
/// </summary>
/// <param name="Fault">The catalogue's code: of the alert that must come or, of a look-alike, of the one that must not.</param>
/// <param name="From">When it began.</param>
/// <param name="To">When it ended; the alert clears after that.</param>
/// <param name="MustAlarm">False for a look-alike.</param>
/// <param name="NeedsTicket">Whether an engineer is called.</param>
/// <param name="What">In words, for people.</param>
/// <param name="GivesWayTo">The fault whose alert ends this one's, before <paramref name="To"/>.</param>
public sealed record Truth(
    string Serial, string Fault, DateTimeOffset From, DateTimeOffset To, bool MustAlarm, bool NeedsTicket, string What,
    bool IsArrivalTime = false, string? GivesWayTo = null);
