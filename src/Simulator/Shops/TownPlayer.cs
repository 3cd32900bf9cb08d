using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Shops;

/// <summary>A terminal of a <see cref="BelievableFleet"/> as it speaks: silent where it is silent, late where its link was away, twice where QoS 1 may.</summary>
internal sealed class TownPlayer(FleetTerminal terminal) : IPlayer
{
    /// <summary>What was written down while the link was away, and when it is back, Unix ms.</summary>
    private readonly Queue<(long DueAtMs, OutgoingMessage Message)> _stored = new();

    public IReadOnlyList<OutgoingMessage> Advance(DateTimeOffset at, TimeSpan interval, out bool isCut)
    {
        var atMs = at.ToUnixTimeMilliseconds();
        ref readonly var now = ref terminal.Advance(atMs);
        isCut = now.IsSilent || now.Reconnected;
        var messages = new List<OutgoingMessage>();
        while (_stored.TryPeek(out var first) && first.DueAtMs <= atMs) messages.Add(_stored.Dequeue().Message);
        if (now.IsSilent) return messages;
        var message = new OutgoingMessage(terminal.Serial, "report", at, ReadingsJson.Write(now, Math.Max(1, (int)Math.Ceiling(interval.TotalSeconds))));
        if (now.ReceivedAtMs > atMs + 1_000) _stored.Enqueue((now.ReceivedAtMs, message));
        else messages.Add(message);
        if (now.IsRepeated) messages.Add(message);
        return messages;
    }
}
