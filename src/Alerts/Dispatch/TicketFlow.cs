namespace Fleet.Alerts.Dispatch;

public enum TicketState : byte { Open, Accepted, Travelling, Arrived, Resolved, Rejected, Closed }

/// <summary>What an engineer does with a ticket.</summary>
public enum TicketVerb : byte { Accept, Travel, Arrive, Resolve, Reject }

/// <summary>The way of a ticket: open → accepted → travelling → arrived → resolved, or rejected on the way; closed by itself when nobody had accepted it.</summary>
public static class TicketFlow
{
    /// <summary>The state an act leads to; null where it is not allowed.</summary>
    public static TicketState? Next(TicketState state, TicketVerb verb) => (state, verb) switch
    {
        (TicketState.Open, TicketVerb.Accept) => TicketState.Accepted,
        (TicketState.Accepted, TicketVerb.Travel) => TicketState.Travelling,
        (TicketState.Travelling, TicketVerb.Arrive) => TicketState.Arrived,
        // Some are solved on the telephone.
        (TicketState.Accepted or TicketState.Travelling or TicketState.Arrived, TicketVerb.Resolve) => TicketState.Resolved,
        (TicketState.Open or TicketState.Accepted or TicketState.Travelling or TicketState.Arrived, TicketVerb.Reject) => TicketState.Rejected,
        _ => null,
    };

    public static bool HasEnded(this TicketState state) => state is TicketState.Resolved or TicketState.Rejected or TicketState.Closed;
}
