namespace Fleet.Ingest.Commands;

public enum CommandState
{
    /// <summary>Not acknowledged by the terminal yet.</summary>
    Waiting = 0,
    /// <summary>The terminal has acknowledged it.</summary>
    Delivered = 1,
    /// <summary>Its result has come.</summary>
    Answered = 2,
    /// <summary>Its time ran out before the terminal acknowledged it.</summary>
    Expired = 3,
    /// <summary>Taken back by an operator.</summary>
    Cancelled = 4,
    /// <summary>The terminal acknowledged it with a reason code that is a failure (MQTT 5, 3.4.2.1).</summary>
    Refused = 5,
}

/// <summary>One command to one terminal. Times are Unix ms, null for not yet.</summary>
/// <param name="Id">Unique for its terminal; also the field <c>id</c> of <paramref name="Payload"/>.</param>
/// <param name="Payload">A JSON object.</param>
/// <param name="Result">What the terminal published on its result topic, as it came.</param>
public sealed record TerminalCommand(
    string Serial, string Id, string Payload, CommandState State, long CreatedAt, long ExpiresAt, long? DeliveredAt, string? Result, long? ResultAt);

/// <summary>The answer to a command, as the journal has it.</summary>
/// <param name="Id">Which command it answers; null where it does not say.</param>
public readonly record struct CommandResult(string Serial, string? Id, string Payload, long AtMs);

/// <summary>The way down: commands to a terminal, on whichever node it is connected.</summary>
public interface ICommands
{
    /// <summary>How long a command may wait where nothing is said.</summary>
    static readonly TimeSpan UsualExpiry = TimeSpan.FromDays(1);

    static readonly TimeSpan LongestExpiry = TimeSpan.FromDays(30);

    /// <summary>Keeps a command until the terminal acknowledges it or it expires, and sends it at once where the terminal is connected.</summary>
    /// <returns>Null where the terminal has a different command of the same identifier, or too many that wait.</returns>
    Task<TerminalCommand?> SendAsync(string serial, string id, string payload, TimeSpan expiry, CancellationToken stop);

    Task<TerminalCommand?> FindAsync(string serial, string id, CancellationToken stop);

    /// <summary>The newest commands of a terminal first, from behind one of them on where its time and identifier are given.</summary>
    Task<IReadOnlyList<TerminalCommand>> ListAsync(string serial, int limit, (long AtMs, string Id)? after, CancellationToken stop);

    /// <summary>Takes back a command that waits; false where there is none.</summary>
    Task<bool> CancelAsync(string serial, string id, CancellationToken stop);
}
