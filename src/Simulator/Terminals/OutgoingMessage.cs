namespace Fleet.Simulator.Terminals;

/// <summary>One message as it goes on the wire.</summary>
/// <param name="Level">The last level of the topic: <c>report</c>, <c>event</c>, <c>signal</c>…</param>
public sealed record OutgoingMessage(string Serial, string Level, DateTimeOffset At, byte[] Payload)
{
    public string Topic => $"fleet/v1/{Serial}/{Level}";
}
