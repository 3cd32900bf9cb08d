using Fleet.Grains.Reports;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Journal;

namespace Fleet.Ingest.Mqtt;

/// <summary>What a terminal's message means to the journal, by whichever way it came.</summary>
internal static class Intake
{
    /// <summary>Judges a message by its topic and payload; <see cref="Refusal.None"/> where it is good.</summary>
    /// <param name="serial">Whose it is; a part of <paramref name="topic"/>.</param>
    /// <param name="kind">The entry to append; null where the message is good and the journal has no use for it.</param>
    public static Refusal Judge(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> serial, out EntryKind? kind)
    {
        kind = null;
        if (!Topic.TryParse(topic, out serial, out var section, out var refusal)) return Refusal.UnknownTopic;
        if (refusal != Refusal.None) return refusal;
        if (CardNumbers.Found(payload)) return Refusal.CardNumber;
        if (Topic.IsTelemetry(section)) kind = (EntryKind)section;
        else if (section == Section.Result) kind = EntryKind.Result;
        else if (section == Section.Status) return Status(payload, out kind);
        return Refusal.None;
    }

    /// <summary>What the entry holds.</summary>
    /// <param name="session">The number of the session, where it is the terminal's own; null otherwise.</param>
    public static ReadOnlySpan<byte> Content(EntryKind kind, ReadOnlySpan<byte> payload, byte[]? correlation, long? session) => kind switch
    {
        EntryKind.Result => CommandResults.Write(correlation, payload),
        EntryKind.Online or EntryKind.Offline => session is { } number ? BitConverter.GetBytes(number) : default(ReadOnlySpan<byte>),
        _ => payload,
    };

    /// <summary>The text <c>online</c> or <c>offline</c>; an empty one clears what the broker retains and means nothing.</summary>
    private static Refusal Status(ReadOnlySpan<byte> payload, out EntryKind? kind)
    {
        kind = payload.SequenceEqual("online"u8) ? EntryKind.Online : payload.SequenceEqual("offline"u8) ? EntryKind.Offline : null;
        return kind is null && !payload.IsEmpty ? Refusal.WrongType : Refusal.None;
    }
}
