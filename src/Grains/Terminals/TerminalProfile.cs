using System.Collections.Immutable;

namespace Fleet.Grains.Terminals;

/// <summary>What the registry says of a terminal; all null for one that is not registered.</summary>
/// <param name="Carrier">Whose contract the SIM has, as the operator names it.</param>
/// <param name="TimeZone">IANA name of the site's zone.</param>
/// <param name="Hours">When the shop is open, where somebody told.</param>
/// <param name="Tags">What the operator gave it for rules to select it by; the default is none.</param>
/// <param name="Region">What loses its mains together, as the operator names it.</param>
public sealed record TerminalProfile(
    string? Merchant = null, string? Site = null, string? Model = null, string? Carrier = null, string? TimeZone = null, OpeningHours? Hours = null,
    ImmutableArray<string> Tags = default, string? Region = null)
{
    public static TerminalProfile Unknown { get; } = new();

    /// <summary>The site's zone; null where none is known.</summary>
    internal TimeZoneInfo? Zone => TimeZone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var known) ? known : null;
}

/// <summary>The wall to the registry.</summary>
public interface ITerminalProfiles
{
    /// <summary>Grows when profiles may have changed.</summary>
    int Version { get; }

    /// <summary>Never fails: <see cref="TerminalProfile.Unknown"/> for a terminal that is not registered.</summary>
    TerminalProfile Find(string serial);
}
