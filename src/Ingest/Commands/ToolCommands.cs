using Fleet.Grains.Reports;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Commands;

/// <summary>
/// An operator's tool speaks to a terminal: what it publishes on a command topic stands in the store before it is
/// acknowledged, and reaches the terminal on whichever node that is. A general broker (<c>Mqtt:Topics</c>) passes it on as it is.
/// </summary>
internal sealed partial class ToolCommands(CommandDesk commands, MqttOptions options, TimeProvider time, ILogger<ToolCommands> logger)
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    /// <summary>Whether a message is one. A terminal tells itself nothing, and where a token may not publish others say so.</summary>
    public bool IsOne(Access access, string topic) =>
        access.Serial is null && options.Topics != MqttTopics.Any && Topic.IsCommand(topic) && access.AllowsPublish(topic);

    /// <summary>Takes a command; while the store is away it tries again and again.</summary>
    /// <param name="gone">Nobody waits for the answer any more.</param>
    /// <returns>Why it is none, or is not kept.</returns>
    public async Task<Refusal> KeepAsync(Message message, CancellationToken gone)
    {
        var refusal = await TryKeepAsync(message, gone);
        if (refusal != Refusal.None) IngestMetrics.Refused(refusal);
        return refusal;
    }

    private async Task<Refusal> TryKeepAsync(Message message, CancellationToken gone)
    {
        if (Topic.SerialOfCommand(message.Topic) is not { } serial) return Refusal.BadSerial;
        var refusal = CommandReader.Read(message.Payload.Span, message.Properties?.CorrelationData, out var id, out var payload);
        if (refusal != Refusal.None) return refusal;
        while (true)
        {
            var expiry = message.ExpiresAtMs == long.MaxValue ? ICommands.UsualExpiry
                : TimeSpan.FromMilliseconds(Math.Clamp(message.ExpiresAtMs - time.GetUtcNow().ToUnixTimeMilliseconds(), 1, (long)ICommands.LongestExpiry.TotalMilliseconds));
            try
            {
                // Not cut off: who published at QoS 0 and hung up has spoken all the same.
                if (await commands.SendAsync(serial, id, payload, expiry, default) is not null) return Refusal.None;
                return await commands.FindAsync(serial, id, default) is null ? Refusal.TooMany : Refusal.IdTaken;
            }
            catch (Exception e) { LogStoreAway(e.Message); }
            await Task.Delay(s_again, time, gone);
        }
    }

    [LoggerMessage(1662, LogLevel.Warning, "A tool's command waits, the store is away: {Message}")]
    private partial void LogStoreAway(string message);
}
