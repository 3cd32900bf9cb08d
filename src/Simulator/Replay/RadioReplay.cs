using System.Text.Json;
using Fleet.Simulator.Mqtt;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Replay;

/// <summary>What became of a session: all rows are sent, and all are acknowledged when a replay returns.</summary>
public sealed record ReplayedSession(string Serial, int Rows, long Acknowledged, int Reconnects);

/// <summary>
/// Recorded radio as terminals: every row of every session, in file order with its repeats and backward steps, one QoS 1
/// message each. The first row of each session falls on the same start; distances in time are as recorded.
/// </summary>
public static class RadioReplay
{
    private const int Window = 50;

    /// <summary>The start at which the longest session ends now, to the second.</summary>
    public static DateTimeOffset LatestStart(IEnumerable<RadioSession> sessions, DateTimeOffset now) =>
        DateTimeOffset.FromUnixTimeSeconds((now - sessions.Max(session => session.Length)).ToUnixTimeSeconds());

    /// <summary>Replays until every row is acknowledged, through whatever happens to the server.</summary>
    /// <param name="broker">With a password, each session logs in with its serial as the user name; else as the broker's user or anonymously.</param>
    /// <param name="speed">1 as recorded, N times that, or 0: as fast as it is acknowledged.</param>
    public static async Task<IReadOnlyList<ReplayedSession>> RunAsync(
        IReadOnlyList<RadioSession> sessions, Broker broker, double speed, DateTimeOffset start, TimeProvider clock,
        IProgress<ReplayedSession>? progress, CancellationToken stop) =>
        await Task.WhenAll(sessions.Select(session => ReplayAsync(session, broker, speed, start, clock, progress, stop)));

    /// <summary>The messages of a session, numbered from 1.</summary>
    public static IEnumerable<OutgoingMessage> Messages(RadioSession session, DateTimeOffset start) =>
        session.Rows.Select((row, i) => Message(session.Serial, row, start + (row.RecordedAt - session.First), i + 1));

    private static async Task<ReplayedSession> ReplayAsync(
        RadioSession session, Broker broker, double speed, DateTimeOffset start, TimeProvider clock, IProgress<ReplayedSession>? progress, CancellationToken stop)
    {
        var login = broker is { Password: not null, User: null } ? broker.As(session.Serial, broker.Password) : broker;
        await using var connection = new TerminalConnection(login, new ConnectionOptions(session.Serial, Window: Window), clock);
        var began = clock.GetTimestamp();
        foreach (var message in Messages(session, start))
        {
            if (speed > 0 && (message.At - start) / speed - clock.GetElapsedTime(began) is var ahead && ahead > TimeSpan.FromMilliseconds(1))
                await Task.Delay(ahead, clock, stop);
            await connection.SendAsync(message, stop);
        }
        await connection.CompleteAsync(stop);
        var replayed = new ReplayedSession(session.Serial, session.Rows.Count, connection.Acknowledged, connection.Reconnects);
        progress?.Report(replayed);
        return replayed;
    }

    private static OutgoingMessage Message(string serial, RadioRow row, DateTimeOffset at, int number)
    {
        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("at", at.ToUnixTimeMilliseconds());
            json.WriteNumber("seq", number);
            json.WriteStartObject("signal");
            json.WriteString("link", "cellular");
            if (row.Rat is not null) json.WriteString("rat", row.Rat);
            Write(json, "rssi", row.RssiDbm);
            Write(json, "rsrp", row.RsrpDbm);
            Write(json, "rsrq", row.RsrqDb);
            Write(json, "snr", row.SnrDb);
            if (row.Cell is not null) json.WriteString("cell", row.Cell);
            if (row.Carrier is not null) json.WriteString("carrier", row.Carrier);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return new OutgoingMessage(serial, "signal", at, buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }
}
