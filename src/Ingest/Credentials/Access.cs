using System.Collections.Immutable;
using System.Net;
using System.Text;
using Fleet.Ingest.Mqtt;

namespace Fleet.Ingest.Credentials;

/// <summary>The topic filters of an operator's token.</summary>
internal sealed record Grant(ImmutableArray<string> Reads, ImmutableArray<string> Publishes);

/// <summary>What a session may do, settled when it connects.</summary>
/// <param name="Serial">The terminal it is; null for an operator's token or an anonymous client.</param>
public sealed record Access(string? Serial)
{
    /// <summary>An anonymous client on loopback: everything.</summary>
    public static readonly Access Anonymous = new((string?)null);

    private readonly byte[]? _serial = Serial is null ? null : Encoding.ASCII.GetBytes(Serial);

    /// <summary>Whose it is, in one name space: a serial or <c>token:NAME</c>; null for an anonymous client.</summary>
    public string? Name => Serial ?? _token;

    private readonly string? _token;
    private readonly Grant? _grant;

    internal Access(string token, Grant grant) : this((string?)null) => (_token, _grant) = (token, grant);

    /// <summary>The password it came with; null where a certificate was enough.</summary>
    internal string? Credential { get; init; }

    /// <summary>The client certificate it came with.</summary>
    internal ClientIdentity? Certificate { get; init; }

    /// <summary>Where it came from.</summary>
    internal IPAddress? Address { get; init; }

    /// <summary>Whether telemetry of a serial may take the lane; a token's goes the long way, where its topics are looked at.</summary>
    public bool Allows(ReadOnlySpan<byte> serial) => _grant is null && (_serial is null || serial.SequenceEqual(_serial));

    /// <summary>A terminal publishes under its own serial, a token on its topics, an anonymous client everywhere.</summary>
    public bool AllowsPublish(string topic) =>
        _grant is not null ? _grant.Publishes.Any(f => FilterCover.Matches(f, topic))
        : Serial is null || (topic.StartsWith(Topic.Root, StringComparison.Ordinal) && topic.AsSpan(Topic.Root.Length).StartsWith($"{Serial}/", StringComparison.Ordinal));

    /// <summary>
    /// A terminal reads what is under its own serial, nothing else, and only filters that can match the wire, so that
    /// they are few. A token reads what one of its filters covers; of a shared subscription the filter behind the group counts.
    /// </summary>
    public bool AllowsSubscription(string filter)
    {
        if (_grant is not null) return Unshared(filter) is { } read && _grant.Reads.Any(wide => FilterCover.Covers(wide, read));
        if (Serial is null) return true;
        var own = $"{Topic.Root}{Serial}/";
        return filter.StartsWith(own, StringComparison.Ordinal) && (filter[own.Length..] is "#" or "+" or "command" || Topic.IsSection(filter[own.Length..]));
    }

    /// <summary>The filter of <c>$share/GROUP/FILTER</c> (MQTT 5, 4.8.2) or of a plain subscription; null for none.</summary>
    private static string? Unshared(string filter)
    {
        if (filter.StartsWith("$share/", StringComparison.Ordinal))
        {
            var parts = filter.Split('/', 3);
            if (parts.Length < 3 || parts[1].Length == 0 || parts[1].AsSpan().ContainsAny('+', '#')) return null;
            filter = parts[2];
        }
        return FilterCover.IsValid(filter) ? filter : null;
    }

    /// <summary>Which changes of rights its judgement knew of (<see cref="Standings.Generation"/>).</summary>
    internal int Generation { get; init; }

    /// <summary>Whether what its owner has now still covers it.</summary>
    internal bool IsCoveredBy(Standing now, DateTimeOffset at) =>
        now.Block is null && (Credential is null || now.Secrets.Any(s => s.Id == Credential && s.IsValidAt(at))) && (Certificate is null || at < Certificate.Ends);
}
