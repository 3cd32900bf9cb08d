using System.Text;

namespace Fleet.Ingest.Credentials;

/// <summary>What a session may do, settled when it connects.</summary>
/// <param name="Serial">Whose topics it may use; null for a session that may use all.</param>
public sealed record Access(string? Serial)
{
    /// <summary>An anonymous client on loopback: everything.</summary>
    public static readonly Access Anonymous = new((string?)null);

    private readonly byte[]? _serial = Serial is null ? null : Encoding.ASCII.GetBytes(Serial);

    public bool Allows(ReadOnlySpan<byte> serial) => _serial is null || serial.SequenceEqual(_serial);

    /// <summary>A terminal reads what is under its own serial, nothing else; and only filters that can match the wire, so that they are few.</summary>
    public bool AllowsSubscription(string filter)
    {
        if (Serial is null) return true;
        var own = $"{Mqtt.Topic.Root}{Serial}/";
        return filter.StartsWith(own, StringComparison.Ordinal) && (filter[own.Length..] is "#" or "+" or "command" || Mqtt.Topic.IsSection(filter[own.Length..]));
    }
}
