using System.Text;
using Fleet.Grains.Reports;

namespace Fleet.Ingest.Mqtt;

/// <summary>Topics of docs/wire.md: <c>fleet/v1/{serial}/{section}</c>.</summary>
internal static class Topic
{
    public const string Root = "fleet/v1/";

    private static ReadOnlySpan<byte> RootBytes => "fleet/v1/"u8;

    /// <summary>Whether a topic is one of <see cref="Command"/>'s.</summary>
    public static bool IsCommand(string topic) =>
        topic.StartsWith(Root, StringComparison.Ordinal) && topic.EndsWith("/command", StringComparison.Ordinal);

    public static string Command(string serial) => $"{Root}{serial}/command";

    /// <summary>Takes a terminal's topic apart; false for topics outside <c>fleet/v1</c>.</summary>
    /// <param name="refusal">Why a topic inside is none of ours.</param>
    public static bool TryParse(ReadOnlySpan<byte> topic, out ReadOnlySpan<byte> serial, out Section section, out Refusal refusal)
    {
        serial = default;
        (section, refusal) = (default, Refusal.None);
        if (!topic.StartsWith(RootBytes)) return false;
        var rest = topic[RootBytes.Length..];
        var slash = rest.IndexOf((byte)'/');
        if (slash < 0 || !TrySection(rest[(slash + 1)..], out section)) refusal = Refusal.UnknownTopic;
        else if (!IsSerial(rest[..slash])) refusal = Refusal.BadSerial;
        else serial = rest[..slash];
        return true;
    }

    public static bool TryParse(string topic, out string serial, out Section section, out Refusal refusal)
    {
        var inside = TryParse(Encoding.UTF8.GetBytes(topic), out var bytes, out section, out refusal);
        serial = Encoding.ASCII.GetString(bytes);
        return inside;
    }

    /// <summary>1 to 64 of A-Z a-z 0-9 . _ -</summary>
    public static bool IsSerial(ReadOnlySpan<byte> serial)
    {
        if (serial.Length is 0 or > Journal.Entry.MaxSerialBytes) return false;
        foreach (var b in serial)
            if (!(char.IsAsciiLetterOrDigit((char)b) || b is (byte)'.' or (byte)'_' or (byte)'-')) return false;
        return true;
    }

    /// <summary>Whether messages of the section are readings for the journal.</summary>
    public static bool IsTelemetry(Section section) => section <= Section.Security;

    /// <summary>Whether a word is the last level of one of our topics up.</summary>
    public static bool IsSection(string name) => TrySection(Encoding.UTF8.GetBytes(name), out _);

    private static bool TrySection(ReadOnlySpan<byte> name, out Section section)
    {
        section = name switch
        {
            _ when name.SequenceEqual("report"u8) => Section.Report,
            _ when name.SequenceEqual("event"u8) => Section.Event,
            _ when name.SequenceEqual("heartbeat"u8) => Section.Heartbeat,
            _ when name.SequenceEqual("printer"u8) => Section.Printer,
            _ when name.SequenceEqual("signal"u8) => Section.Signal,
            _ when name.SequenceEqual("reader"u8) => Section.Reader,
            _ when name.SequenceEqual("payment"u8) => Section.Payment,
            _ when name.SequenceEqual("power"u8) => Section.Power,
            _ when name.SequenceEqual("system"u8) => Section.System,
            _ when name.SequenceEqual("security"u8) => Section.Security,
            _ when name.SequenceEqual("status"u8) => Section.Status,
            _ when name.SequenceEqual("result"u8) => Section.Result,
            _ => (Section)byte.MaxValue,
        };
        return section != (Section)byte.MaxValue;
    }
}
